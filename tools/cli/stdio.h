/* SPDX-License-Identifier: MIT */
/* The three standard descriptors: kept occupied, and watched. */
#ifndef CLI_STDIO_H
#define CLI_STDIO_H

/*
 * Occupies those of 0, 1 and 2 that are closed, so that nothing that is opened later becomes
 * standard output by accident. What is put there can't be read or written: using it is the error
 * that it was before. Returns 0 or -1. To be called first of all.
 */
int cli_stdio_open(void);

#endif
