/* SPDX-License-Identifier: MIT */
/* Backslash sequences in arguments: \n \t \r \0 \a \e \v \\ and \xHH. */
#ifndef CLI_UNESCAPE_H
#define CLI_UNESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* What the letter behind a backslash stands for, or -1. */
int cli_unescape_letter(char letter);

/* Replaces the sequences of a text in place, which never grows by it; ret_len: what is left, which
 * may contain NUL bytes. False if there is an unknown sequence. */
bool cli_unescape(char *text, size_t *ret_len);

#endif
