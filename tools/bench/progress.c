/* SPDX-License-Identifier: MIT */
/* Implements bench/progress.h. */
#include "bench/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/human.h"
#include "cli/number.h"

enum { SHOWN_PAUSE_MS = 200, PAUSE_MS = 500, LINE_BYTES = 200 };

#define SHOWN_PAUSE_NS ((int64_t)SHOWN_PAUSE_MS * CLI_NS_PER_MS)

/* Whoever has not looked for so long was not able to. */
#define STOPPED_NS (4 * (int64_t)PAUSE_MS * CLI_NS_PER_MS)

/* To the line's beginning, and away with what stands there (ECMA-48: CR, EL). */
static const char wipe[] = "\r\x1b[K";

void bench_progress_init(struct bench_progress *progress, bool wanted, size_t cases, int64_t rounds)
{
	*progress = (struct bench_progress){
		.shown = wanted && isatty(STDERR_FILENO), .cases = cases, .rounds = rounds};
}

void bench_progress_begin(struct bench_progress *progress, const struct bench_case *what,
			  size_t case_number, int64_t round)
{
	progress->what = what;
	progress->case_number = case_number;
	progress->round = round;
	progress->received = 0;
	progress->counted = 0;
	progress->shown_ns = progress->look_ns = progress->moved_ns = cli_now_ns();
}

int bench_progress_pause_ms(const struct bench_progress *progress)
{
	return progress->shown ? SHOWN_PAUSE_MS : PAUSE_MS;
}

/* How many columns the terminal has, or as many as we fill. */
static int columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ||
	    size.ws_col > LINE_BYTES)
		return LINE_BYTES;
	return size.ws_col - 1;
}

static void show(struct bench_progress *progress, uint64_t published, uint64_t received,
		 double per_s)
{
	const struct bench_case *what = progress->what;
	uint64_t wanted = published * what->subscribers * what->channels;
	char text[LINE_BYTES];
	char line[LINE_BYTES + sizeof wipe];
	char count[CLI_HUMAN_BYTES];
	char rate[CLI_HUMAN_BYTES];
	char backlog[CLI_HUMAN_BYTES];
	int len;

	cli_human_number((double)published, count);
	cli_human_number(per_s, rate);
	cli_human_number(wanted > received ? (double)(wanted - received) : 0, backlog);
	snprintf(text, sizeof text,
		 "%zu/%zu %s, %zu bytes, %zu to %zu, round %" PRId64 "/%" PRId64
		 ": %s published, %s received/s, %s waiting",
		 progress->case_number + 1, progress->cases, bench_mode_text(what->mode),
		 what->size, what->publishers, what->subscribers, progress->round + 1,
		 progress->rounds, count, rate, backlog);
	len = snprintf(line, sizeof line, "%s%.*s", wipe, columns(), text);
	/* Nobody is left to tell if this fails. */
	(void)!write(STDERR_FILENO, line, (size_t)len);
	progress->dirty = true;
}

int64_t bench_progress_look(struct bench_progress *progress, const struct bench_shared *shared)
{
	int64_t now_ns = cli_now_ns();
	/* In this order: what is received was published before. */
	uint64_t received = bench_shared_received(shared);
	uint64_t published = bench_shared_published(shared);

	/* Who was stopped and goes on finds all others where they were. */
	if (published + received != progress->counted || now_ns - progress->look_ns > STOPPED_NS) {
		progress->counted = published + received;
		progress->moved_ns = now_ns;
	}
	progress->look_ns = now_ns;
	if (progress->shown && now_ns - progress->shown_ns >= SHOWN_PAUSE_NS / 2) {
		show(progress, published, received,
		     (double)(received - progress->received) * CLI_NS_PER_S /
			     (double)(now_ns - progress->shown_ns));
		progress->shown_ns = now_ns;
		progress->received = received;
	}
	return now_ns - progress->moved_ns;
}

void bench_progress_clear(struct bench_progress *progress)
{
	if (progress->dirty)
		(void)!write(STDERR_FILENO, wipe, strlen(wipe));
	progress->dirty = false;
}
