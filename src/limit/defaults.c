/* SPDX-License-Identifier: MIT */
/* Implements limit/defaults.h. */
#include "limit/defaults.h"

#include "base/error.h"
#include "base/sys.h"
#include "inspect/content.h"

/* The lesser of 64 MiB and a quarter of the home. */
uint64_t fsi_limits_live_bytes(int home_fd)
{
	const uint64_t most = UINT64_C(64) << 20;
	bool in_memory;
	uint64_t bytes;

	if (fsi_sys_file_system(home_fd, &in_memory, &bytes) < 0)
		return most;
	return bytes / 4 < most ? bytes / 4 : most;
}

int fsi_limits_check(const char *name, int64_t ttl_ms, int when_full, int64_t block_ms)
{
	if (ttl_ms < 0 || ttl_ms > FSPS_TTL_MS_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, name, "ttl_ms is %lld, not 0 to FSPS_TTL_MS_MAX",
				(long long)ttl_ms);
	if (when_full < FSPS_FULL_DEFAULT || when_full > FSPS_FULL_DROP_OLDEST)
		return fsi_fail(FSPS_ERR_ARGUMENT, name,
				"when_full is %d, none of enum fsps_when_full", when_full);
	if (block_ms < 0 || block_ms > FSPS_BLOCK_MS_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, name, "block_ms is %lld, not 0 to %d",
				(long long)block_ms, FSPS_BLOCK_MS_MAX);
	if (block_ms != 0 && when_full != FSPS_FULL_BLOCK)
		return fsi_fail(FSPS_ERR_ARGUMENT, name,
				"block_ms is %lld, but when_full is not FSPS_FULL_BLOCK",
				(long long)block_ms);
	return 0;
}

void fsi_limits_read(const struct fsi_control *control, struct fsps_limits *ret_limits)
{
	uint64_t bytes = atomic_load_explicit(&control->limit_bytes, memory_order_relaxed);
	uint32_t when_full = atomic_load_explicit(&control->when_full, memory_order_relaxed);

	ret_limits->bytes = bytes == UINT64_MAX ? 0 : bytes;
	ret_limits->messages = atomic_load_explicit(&control->limit_messages, memory_order_relaxed);
	ret_limits->ttl_ms = (int64_t)atomic_load_explicit(&control->ttl_ms, memory_order_relaxed);
	ret_limits->when_full = when_full == 0 ? FSPS_FULL_REFUSE : (int)when_full;
	ret_limits->block_ms =
		ret_limits->when_full == FSPS_FULL_BLOCK
			? (int64_t)atomic_load_explicit(&control->block_ms, memory_order_relaxed)
			: 0;
}

static void write_words(struct fsi_control *control, const struct fsps_limits *limits)
{
	uint32_t block_ms =
		limits->block_ms == 0 ? FSI_BLOCK_MS_DEFAULT : (uint32_t)limits->block_ms;

	atomic_store_explicit(&control->limit_bytes,
			      limits->bytes == 0 ? UINT64_MAX : limits->bytes,
			      memory_order_relaxed);
	atomic_store_explicit(&control->limit_messages, limits->messages, memory_order_relaxed);
	atomic_store_explicit(&control->ttl_ms, (uint64_t)limits->ttl_ms, memory_order_relaxed);
	atomic_store_explicit(&control->block_ms, block_ms, memory_order_relaxed);
	atomic_store_explicit(&control->when_full, (uint32_t)limits->when_full,
			      memory_order_relaxed);
}

/* What waits was not counted as long as there was no limit to it. */
static int count_messages(int channel_fd, struct fsi_control *control)
{
	struct fsi_channel_content content;
	int r = fsi_channel_content(channel_fd, control, &content);

	if (r == 0)
		atomic_store_explicit(&control->held_messages, (int64_t)content.backlog,
				      memory_order_relaxed);
	return r;
}

int fsi_limits_apply(int channel_fd, struct fsi_control *control, struct fsi_counter *counter,
		     const struct fsps_limits *limits)
{
	bool is_new = limits->messages != 0 &&
		      atomic_load_explicit(&control->limit_messages, memory_order_relaxed) == 0;
	int r;

	write_words(control, limits);
	r = is_new ? count_messages(channel_fd, control) : 0;
	/* Publishers note what kind of messages it takes when the generation changes. */
	fsi_counter_bump(counter);
	return r;
}
