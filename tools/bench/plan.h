/* SPDX-License-Identifier: MIT */
/* What is measured: the combinations that modes and options ask for. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "bench/options.h"

/* One combination. */
struct bench_case {
	/* Any but BENCH_ALL. */
	enum bench_mode mode;
	size_t size;
	size_t publishers;
	size_t subscribers;
	/* Of each subscriber. */
	size_t channels;
	/* Of a round; BENCH_NOT_GIVEN: by count. */
	int64_t duration_ns;
};

struct bench_plan {
	struct bench_case *cases;
	size_t count;
};

/* 0, or an exit code after saying what is wrong. To be freed in any case. */
int bench_plan_make(const struct bench_options *options, struct bench_plan *ret_plan);
void bench_plan_deinit(struct bench_plan *plan);

/* Whether a mode has one case only in the plan, so that there is room to tell more of it. */
int bench_plan_is_single(const struct bench_plan *plan, size_t index);

#endif
