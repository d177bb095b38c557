/* SPDX-License-Identifier: MIT */
/* What calls of the library may answer, by their headers, and how long they may take. */
#ifndef TESTS_FUZZ_ANSWERS_H
#define TESTS_FUZZ_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/fsps.h>

/* A set of codes. */
#define FUZZ_CODE(code) (UINT64_C(1) << -(code))

/* "Where a function's list has FSPS_ERR_IO, it may answer what a call's errno becomes." */
#define FUZZ_IO                                                                                    \
	(FUZZ_CODE(FSPS_ERR_IO) | FUZZ_CODE(FSPS_ERR_PERMISSION) | FUZZ_CODE(FSPS_ERR_NO_SPACE) |  \
	 FUZZ_CODE(FSPS_ERR_LIMIT) | FUZZ_CODE(FSPS_ERR_NO_MEMORY) |                               \
	 FUZZ_CODE(FSPS_ERR_READ_ONLY) | FUZZ_CODE(FSPS_ERR_TOO_LARGE))

#define FUZZ_ANSWERS_PUBLISH                                                                       \
	(FUZZ_IO | FUZZ_CODE(FSPS_ERR_REFUSED) | FUZZ_CODE(FSPS_ERR_UNSAFE_HOME) |                 \
	 FUZZ_CODE(FSPS_ERR_VERSION))
#define FUZZ_ANSWERS_RECEIPT                                                                       \
	(FUZZ_IO | FUZZ_CODE(FSPS_ERR_FULL) | FUZZ_CODE(FSPS_ERR_DROPPED) |                        \
	 FUZZ_CODE(FSPS_ERR_FORBIDDEN) | FUZZ_CODE(FSPS_ERR_GONE))
#define FUZZ_ANSWERS_OPEN                                                                          \
	(FUZZ_IO | FUZZ_CODE(FSPS_ERR_UNSAFE_HOME) | FUZZ_CODE(FSPS_ERR_VERSION) |                 \
	 FUZZ_CODE(FSPS_ERR_BUSY) | FUZZ_CODE(FSPS_ERR_CORRUPT) | FUZZ_CODE(FSPS_ERR_NO_HOME) |    \
	 FUZZ_CODE(FSPS_ERR_GONE))
#define FUZZ_ANSWERS_FETCH  (FUZZ_IO | FUZZ_CODE(FSPS_ERR_BUSY) | FUZZ_CODE(FSPS_ERR_GONE))
#define FUZZ_ANSWERS_SETTLE (FUZZ_IO | FUZZ_CODE(FSPS_ERR_EXPIRED) | FUZZ_CODE(FSPS_ERR_ARGUMENT))
#define FUZZ_ANSWERS_LOOK                                                                          \
	(FUZZ_IO | FUZZ_CODE(FSPS_ERR_UNSAFE_HOME) | FUZZ_CODE(FSPS_ERR_NOT_FOUND))
#define FUZZ_ANSWERS_MANAGE                                                                        \
	(FUZZ_ANSWERS_LOOK | FUZZ_CODE(FSPS_ERR_BUSY) | FUZZ_CODE(FSPS_ERR_CORRUPT))

/* Runs a call and answers what it answers, if that is >= 0 or one of the codes, and came in time.
 */
#define FUZZ_CALL(codes, call)                                                                     \
	({                                                                                         \
		uint64_t begun_ms_ = fuzz_now_ms();                                                \
		int64_t answer_ = (call);                                                          \
                                                                                                   \
		fuzz_check_answer(#call, answer_, codes, begun_ms_);                               \
		answer_;                                                                           \
	})

uint64_t fuzz_now_ms(void);
void fuzz_check_answer(const char *call, int64_t answer, uint64_t codes, uint64_t begun_ms);

#endif
