/* SPDX-License-Identifier: MIT */
/* Words for what a sweep of a home finds (fsps/sweep.h): for people and for JSON. */
#ifndef CLI_SWEEP_WORDS_H
#define CLI_SWEEP_WORDS_H

#include <fsps/sweep.h>

/* In JSON: "channel", "owner-died", "removed". "other" for what a later library has. */
const char *cli_sweep_kind_key(int kind);
const char *cli_sweep_reason_key(int reason);
const char *cli_sweep_outcome_key(int outcome);

/* "live channel". */
const char *cli_sweep_kind_words(int kind);

/* What follows a colon, without a dot: "its process died". */
const char *cli_sweep_reason_words(int reason);

#endif
