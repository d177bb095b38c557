/* SPDX-License-Identifier: MIT */
/*
 * Failing: the place that sees a failure records it (code, errno, path, sentence) for
 * fsps_last_error() and returns the code; everyone above passes the code up untouched.
 *
 * Thread-local, fixed size, no allocation: telling of a failure can't fail.
 */
#ifndef FSPS_BASE_ERROR_H
#define FSPS_BASE_ERROR_H

#include <fsps/error.h>

/* Records a failure of ours. path may be NULL. Returns code. The sentence is the formatted
 * text alone: say in it what failed and on what. */
int fsi_fail(int code, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Records a failed system call: maps errno to a code and appends its sentence to the text.
 * system_errno is the positive errno. Returns the code. */
int fsi_fail_errno(int system_errno, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#ifdef __clang_analyzer__
/* The analyser sees one file at a time: tell it that both always return a failure. */
#define fsi_fail(...)       ((fsi_fail)(__VA_ARGS__), FSPS_ERR_IO)
#define fsi_fail_errno(...) ((fsi_fail_errno)(__VA_ARGS__), FSPS_ERR_IO)
#endif

/* The code that an errno becomes at the public edge. */
int fsi_error_from_errno(int system_errno);

/* What is said of a code: its name in the header, a sentence, and what a user can do. */
struct fsi_error_words {
	int code;
	const char *name;
	const char *sentence;
	const char *remedy;
};

/* Never NULL: a code that is none has words, too. */
const struct fsi_error_words *fsi_error_words(int code);

/* This thread's last failure; never NULL. */
const struct fsps_error *fsi_error_last(void);

#endif
