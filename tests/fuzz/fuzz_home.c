/* SPDX-License-Identifier: MIT */
/*
 * A home in which somebody does anything, while a program goes on to use it: nothing outside of the
 * home changes, the program does not crash or hang, its calls answer what is documented, nothing is
 * left open, and a channel that is opened afterwards works.
 *
 * The input is a program: each byte says whether the hostile neighbour (hostile.h) or the user
 * (user.h) is next, the bytes behind it what is done.
 */
#include <dirent.h>
#include <stdint.h>

#include "fuzz/canary.h"
#include "fuzz/clock.h"
#include "fuzz/home.h"
#include "fuzz/hostile.h"
#include "fuzz/require.h"
#include "fuzz/user.h"

enum { INPUT_BYTES_MAX = 2048, ACTS_MAX = 100 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count_descriptors(void)
{
	DIR *descriptors = opendir("/proc/self/fd");
	int count = 0;

	fuzz_require(descriptors != NULL, "descriptors can be counted");
	while (readdir(descriptors) != NULL)
		count++;
	closedir(descriptors);
	return count;
}

/* Before it there is a new home or, where the first byte is odd, what the neighbour made. */
static void storm(struct fuzz_input *input)
{
	uint8_t before = fuzz_byte(input);

	if ((before & 1) != 0)
		for (int i = before % 16; i > 0; i--)
			fuzz_hostile_act(input);
	fuzz_user_begin();
	for (int i = 0; i < ACTS_MAX && input->left > 0; i++) {
		if (fuzz_byte(input) % 2 == 0)
			fuzz_user_act(input);
		else
			fuzz_hostile_act(input);
	}
	fuzz_user_end();
	fuzz_hostile_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.data = data, .left = size};
	int descriptors;

	if (size > INPUT_BYTES_MAX)
		return 0;
	(void)fuzz_canary();
	fuzz_clock_restart();
	fuzz_empty_home();
	descriptors = count_descriptors();
	storm(&input);
	fuzz_user_check_delivery();
	fuzz_require(count_descriptors() == descriptors, "no descriptor is left open");
	fuzz_canary_check();
	return 0;
}
