/* SPDX-License-Identifier: MIT */
/* Whether the options of a command line go together. */
#ifndef SUBSCRIBE_OPTIONS_CHECK_H
#define SUBSCRIBE_OPTIONS_CHECK_H

#include "subscribe/options.h"

/* Fills in what follows from them. 0, or an exit code after saying what is wrong. */
int subscribe_options_check(void *settings);

#endif
