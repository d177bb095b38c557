/* SPDX-License-Identifier: MIT */
/* All that was measured, as a line of JSON. Fields are never removed or retyped; more may be added.
 */
#ifndef BENCH_DOCUMENT_H
#define BENCH_DOCUMENT_H

#include <stdbool.h>

#include "bench/figures.h"
#include "bench/machine.h"
#include "bench/options.h"
#include "cli/output.h"

struct bench_document {
	const struct bench_options *options;
	const struct bench_machine *machine;
	const char *home;
	/* When it began, us since 1970. */
	uint64_t started_us;
	const struct bench_figures *figures;
	size_t count;
	/* Nothing is missing. */
	bool complete;
};

void bench_print_document(struct cli_output *output, const struct bench_document *document);

#endif
