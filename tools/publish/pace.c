/* SPDX-License-Identifier: MIT */
/* Implements publish/pace.h. */
#include "publish/pace.h"

#include "cli/clock.h"
#include "cli/number.h"

/* How far a rate may lag behind and still catch up. Sleeping is late by 50 us or more each time,
 * which high rates have to make up for; after a long stop no burst shall follow. */
#define LAG_NS_MAX (100 * (int64_t)CLI_NS_PER_MS)

void publish_pace_init(struct publish_pace *pace, const struct publish_options *options)
{
	*pace = (struct publish_pace){.interval_ns = options->rate_given ? options->rate_interval_ns
									 : options->repeat_delay_ns,
				      .catches_up = options->rate_given};
}

void publish_pace_wait(struct publish_pace *pace, struct cli_output *output)
{
	int64_t now_ns;

	if (pace->interval_ns == 0)
		return;
	now_ns = cli_now_ns();
	if (pace->due_ns > now_ns) {
		cli_output_flush(output);
		cli_sleep_until(pace->due_ns);
		now_ns = cli_now_ns();
	}
	if (!pace->catches_up || pace->due_ns < now_ns - LAG_NS_MAX)
		pace->due_ns = now_ns;
	pace->due_ns += pace->interval_ns;
}
