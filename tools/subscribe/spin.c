/* SPDX-License-Identifier: MIT */
/* Implements subscribe/spin.h. */
#include "subscribe/spin.h"

#include "cli/clock.h"

enum { NS_PER_US = 1000, STEP_US = 1000 * SUBSCRIBE_SPIN_STEP_MS };

void subscribe_spin_init(struct subscribe_spin *spin, int64_t spin_us)
{
	*spin = (struct subscribe_spin){.spin_ns = spin_us * NS_PER_US};
}

uint64_t subscribe_spin_channel_us(int64_t spin_us)
{
	return (uint64_t)(spin_us < STEP_US ? spin_us : STEP_US);
}

void subscribe_spin_message(struct subscribe_spin *spin)
{
	spin->end_ns = 0;
}

bool subscribe_spin_goes_on(struct subscribe_spin *spin)
{
	int64_t now_ns;

	if (spin->spin_ns == 0)
		return false;
	now_ns = cli_now_ns();
	if (spin->end_ns == 0)
		spin->end_ns = now_ns + spin->spin_ns;
	return now_ns < spin->end_ns;
}
