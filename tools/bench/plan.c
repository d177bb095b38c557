/* SPDX-License-Identifier: MIT */
/* Implements bench/plan.h. */
#include "bench/plan.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"

enum { CASES_MAX = 1000, SHORT_MS = 200, SIZE_DEFAULT = 100 };

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

/* What a mode measures if nothing is said. */
struct defaults {
	struct bench_list sizes;
	struct bench_list subscribers;
	struct bench_list channels;
};

static const struct bench_list usual_sizes = {
	{16, SIZE_DEFAULT, KIB, 4 * KIB, 16 * KIB, 64 * KIB, MIB}, 7};
static const struct bench_list usual_subscribers = {{1, 2, 4, 8}, 4};
static const struct bench_list usual_channels = {{1, 10, 100, 1000}, 4};
static const struct bench_list few_sizes = {{SIZE_DEFAULT, 4 * KIB, MIB}, 3};
static const struct bench_list few_subscribers = {{1, 4}, 2};
static const struct bench_list few_channels = {{1, 100}, 2};
static const struct bench_list one = {{1}, 1};
static const struct bench_list one_size = {{SIZE_DEFAULT}, 1};

static struct defaults defaults_of(enum bench_mode mode, bool brief)
{
	struct defaults defaults = {.sizes = one_size, .subscribers = one, .channels = one};

	if (mode == BENCH_SIZES)
		defaults.sizes = brief ? few_sizes : usual_sizes;
	if (mode == BENCH_FANOUT)
		defaults.subscribers = brief ? few_subscribers : usual_subscribers;
	if (mode == BENCH_CHANNELS)
		defaults.channels = brief ? few_channels : usual_channels;
	return defaults;
}

static const struct bench_list *given_or(const struct bench_list *given,
					 const struct bench_list *otherwise)
{
	return given->count > 0 ? given : otherwise;
}

static int64_t duration_of(const struct bench_options *options, bool brief)
{
	if (options->count != BENCH_NOT_GIVEN || options->duration_ns != BENCH_NOT_GIVEN)
		return options->duration_ns;
	return brief ? (int64_t)SHORT_MS * CLI_NS_PER_MS : CLI_NS_PER_S;
}

static int add(struct bench_plan *plan, struct bench_case what)
{
	if (plan->count == CASES_MAX)
		return cli_usage("these are more than %d combinations", CASES_MAX);
	plan->cases[plan->count++] = what;
	return 0;
}

/* Adds all combinations of a mode that is not BENCH_ALL. */
static int add_mode(struct bench_plan *plan, const struct bench_options *options,
		    enum bench_mode mode, bool brief)
{
	const struct defaults defaults = defaults_of(mode, brief);
	/* Round trips are between two, whatever is said for other modes. */
	bool alone = mode == BENCH_LATENCY;
	const struct bench_list *sizes = given_or(&options->sizes, &defaults.sizes);
	const struct bench_list *publishers = alone ? &one : given_or(&options->publishers, &one);
	const struct bench_list *subscribers =
		alone ? &one : given_or(&options->subscribers, &defaults.subscribers);
	const struct bench_list *channels =
		alone ? &one : given_or(&options->channels, &defaults.channels);
	size_t count = sizes->count * publishers->count * subscribers->count * channels->count;
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		size_t rest = i;
		struct bench_case what = {.mode = mode, .duration_ns = duration_of(options, brief)};

		/* The one that stands first changes fastest. */
		what.size = (size_t)sizes->values[rest % sizes->count];
		rest /= sizes->count;
		what.channels = (size_t)channels->values[rest % channels->count];
		rest /= channels->count;
		what.subscribers = (size_t)subscribers->values[rest % subscribers->count];
		what.publishers = (size_t)publishers->values[rest / subscribers->count];
		status = add(plan, what);
	}
	return status;
}

int bench_plan_make(const struct bench_options *options, struct bench_plan *ret_plan)
{
	int status = 0;

	*ret_plan = (struct bench_plan){.cases = calloc(CASES_MAX, sizeof *ret_plan->cases)};
	if (ret_plan->cases == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	for (size_t i = 0; i < options->modes_count && status == 0; i++) {
		enum bench_mode mode = options->modes[i];

		if (mode != BENCH_ALL) {
			status = add_mode(ret_plan, options, mode, false);
			continue;
		}
		for (int each = 0; each < BENCH_ALL && status == 0; each++)
			status = add_mode(ret_plan, options, (enum bench_mode)each, true);
	}
	return status;
}

void bench_plan_deinit(struct bench_plan *plan)
{
	free(plan->cases);
}

int bench_plan_is_single(const struct bench_plan *plan, size_t index)
{
	size_t same = 0;

	for (size_t i = 0; i < plan->count; i++)
		same += plan->cases[i].mode == plan->cases[index].mode;
	return same == 1;
}
