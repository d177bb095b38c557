/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/answers.h. */
#include "fuzz/answers.h"

#include <inttypes.h>
#include <time.h>

#include "fuzz/require.h"

/* None of the calls waits. So long that a machine with much else to do is no failure. */
enum { CALL_MS_MAX = 10000 };

uint64_t fuzz_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void fuzz_check_answer(const char *call, int64_t answer, uint64_t codes, uint64_t begun_ms)
{
	bool known = answer >= 0 || (answer > -64 && (codes >> -answer & 1) != 0);
	uint64_t took_ms = fuzz_now_ms() - begun_ms;

	if (!known)
		fprintf(stderr, "%s answered %" PRId64 " (%s): %s\n", call, answer,
			fsps_error_name((int)answer), fsps_last_error()->text);
	fuzz_require(known, "a call answers what its header documents");
	if (took_ms > CALL_MS_MAX)
		fprintf(stderr, "%s took %" PRIu64 " ms\n", call, took_ms);
	fuzz_require(took_ms <= CALL_MS_MAX, "a call that need not wait ends in time");
	if (answer < 0)
		fuzz_require(fsps_last_error()->code == answer &&
				     fsps_last_error()->text[0] != '\0',
			     "a failure says what happened");
}
