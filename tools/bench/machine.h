/* SPDX-License-Identifier: MIT */
/* What the figures were taken on. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdint.h>

enum { BENCH_MACHINE_TEXT_BYTES = 128 };

struct bench_machine {
	/* "" where it is not known. */
	char processor[BENCH_MACHINE_TEXT_BYTES];
	char kernel[BENCH_MACHINE_TEXT_BYTES];
	char file_system[BENCH_MACHINE_TEXT_BYTES];
	/* That this process may use. */
	uint64_t processors;
	uint64_t memory_bytes;
};

/* path: what is in the file system, or will be. */
void bench_machine_look(struct bench_machine *machine, const char *path);

#endif
