/* SPDX-License-Identifier: MIT */
/* Implements route/channel_set.h: which channels there are. Topics are in route/topic_cache.c. */
#include "route/channel_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "route/topic_cache.h"
#include "store/names.h"

/* A generation that no home comes to. */
static const uint64_t NEVER_READ = UINT64_MAX;

void fsi_channel_set_init(struct fsi_channel_set *set)
{
	*set = (struct fsi_channel_set){.names_fd = -1, .version = 1};
	fsi_pattern_index_init(&set->index);
}

void fsi_channel_set_deinit(struct fsi_channel_set *set)
{
	for (uint32_t i = 0; i < set->slot_count; i++)
		fsi_target_free(set->slots[i]);
	fsi_topic_cache_free(set->cache);
	fsi_pattern_index_deinit(&set->index);
	fsi_sys_close(set->names_fd);
	free(set->slots);
	free(set->free_slots);
	free(set->buckets);
	*set = (struct fsi_channel_set){.names_fd = -1};
}

/* ---- by name ---- */

static struct fsi_target **bucket_of(struct fsi_channel_set *set, const char *name, size_t len)
{
	return &set->buckets[XXH3_64bits(name, len) & (set->bucket_count - 1)];
}

static struct fsi_target *find_name(struct fsi_channel_set *set, const char *name, size_t len)
{
	struct fsi_target *target;

	if (set->bucket_count == 0)
		return NULL;
	for (target = *bucket_of(set, name, len); target != NULL; target = target->next_in_bucket)
		if (target->name_len == len && memcmp(target->name, name, len) == 0)
			return target;
	return NULL;
}

static int grow_buckets(struct fsi_channel_set *set)
{
	uint32_t count = set->bucket_count == 0 ? 16 : set->bucket_count * 2;
	struct fsi_target **buckets = calloc(count, sizeof(struct fsi_target *));

	if (buckets == NULL)
		return FSPS_ERR_NO_MEMORY;
	free(set->buckets);
	set->buckets = buckets;
	set->bucket_count = count;
	for (uint32_t i = 0; i < set->slot_count; i++) {
		struct fsi_target *target = set->slots[i];
		struct fsi_target **bucket;

		if (target == NULL)
			continue;
		bucket = bucket_of(set, target->name, target->name_len);
		target->next_in_bucket = *bucket;
		*bucket = target;
	}
	return 0;
}

static int grow_slots(struct fsi_channel_set *set)
{
	uint32_t capacity = set->slot_capacity == 0 ? 16 : set->slot_capacity * 2;
	struct fsi_target **slots = reallocarray(set->slots, capacity, sizeof(struct fsi_target *));
	uint32_t *free_slots;

	if (slots == NULL)
		return FSPS_ERR_NO_MEMORY;
	set->slots = slots;
	free_slots = reallocarray(set->free_slots, capacity, sizeof *free_slots);
	if (free_slots == NULL)
		return FSPS_ERR_NO_MEMORY;
	set->free_slots = free_slots;
	set->slot_capacity = capacity;
	return 0;
}

static int place(struct fsi_channel_set *set, struct fsi_target *target)
{
	struct fsi_target **bucket;
	int r = 0;

	if (set->free_count == 0 && set->slot_count == set->slot_capacity)
		r = grow_slots(set);
	if (r == 0 && set->channel_count >= set->bucket_count)
		r = grow_buckets(set);
	if (r < 0)
		return r;
	target->slot = set->free_count > 0 ? set->free_slots[--set->free_count] : set->slot_count++;
	set->slots[target->slot] = target;
	target->serial = ++set->serials;
	bucket = bucket_of(set, target->name, target->name_len);
	target->next_in_bucket = *bucket;
	*bucket = target;
	set->channel_count++;
	set->version++;
	return 0;
}

void fsi_channel_set_remove(struct fsi_channel_set *set, struct fsi_target *target)
{
	struct fsi_target **link = bucket_of(set, target->name, target->name_len);

	while (*link != target)
		link = &(*link)->next_in_bucket;
	*link = target->next_in_bucket;
	if (set->indexed)
		fsi_pattern_index_remove(&set->index, target->name, target->pattern_len,
					 target->slot);
	set->slots[target->slot] = NULL;
	set->free_slots[set->free_count++] = target->slot;
	set->channel_count--;
	set->version++;
	/* Whoever found it to be gone may be wrong: the next look-up reads the names again, also
	 * that of one who just looked. */
	set->settled = false;
	set->read_generation = NEVER_READ;
	fsi_target_free(target);
}

/* ---- reading the home ---- */

static int add(struct fsi_channel_set *set, const char *name, const struct fsi_channel_name *parsed)
{
	struct fsi_target *target = fsi_target_new(name, parsed);
	int r = target == NULL ? FSPS_ERR_NO_MEMORY : place(set, target);

	if (r < 0) {
		fsi_target_free(target);
		return fsi_fail(FSPS_ERR_NO_MEMORY, name, "no memory for channel %s", name);
	}
	target->scan = set->scan;
	if (!set->indexed)
		return 0;
	r = fsi_pattern_index_add(&set->index, target->name, target->pattern_len, target->slot);
	if (r < 0) {
		fsi_channel_set_remove(set, target);
		return fsi_fail(FSPS_ERR_NO_MEMORY, name, "no memory to index channel %s", name);
	}
	return 0;
}

static int see(struct fsi_channel_set *set, const struct fsi_home *home, const char *name,
	       unsigned char type)
{
	struct fsi_channel_name parsed;
	struct fsi_target *known;

	/* A symlink is no channel, wherever it leads. */
	if (type != DT_DIR && type != DT_UNKNOWN)
		return 0;
	known = find_name(set, name, strlen(name));
	if (known != NULL && (!known->durable || fsi_target_is_same(known, home->fd))) {
		known->scan = set->scan;
		return 0;
	}
	/* Only a durable channel's name may come again. */
	if (known != NULL)
		fsi_channel_set_remove(set, known);
	/* What comes into an inbox its durable channel gets, and we reach that itself. */
	if (!fsi_channel_name_parse(name, &parsed) || parsed.kind == FSPS_KIND_INBOX)
		return 0;
	return add(set, name, &parsed);
}

static void drop_unseen(struct fsi_channel_set *set)
{
	for (uint32_t i = 0; i < set->slot_count; i++)
		if (set->slots[i] != NULL && set->slots[i]->scan != set->scan)
			fsi_channel_set_remove(set, set->slots[i]);
}

static int read_names(struct fsi_channel_set *set, struct fsi_home *home)
{
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r;

	if (set->names_fd < 0) {
		set->names_fd = fsi_sys_openat(home->fd, ".", O_RDONLY | O_DIRECTORY, 0);
		if (set->names_fd < 0)
			return fsi_fail_errno(-set->names_fd, home->path, "cannot read home %s",
					      home->path);
	}
	set->scan++;
	r = fsi_directory_start(&names, set->names_fd);
	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1) {
		r = see(set, home, name, type);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return fsi_fail_errno(-r, home->path, "cannot read home %s", home->path);
	drop_unseen(set);
	return 0;
}

static bool same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

/*
 * Whether a directory's mtime is old enough to be believed: kernels before 6.13 stamp with the
 * tick (4 or 10 ms), so a change right after our reading could bear the same stamp as one right
 * before it. Some file systems (ext4 with small inodes) know whole seconds only, some two of them.
 * One in the future (somebody set the clock) is never believed.
 */
static bool is_settled(const struct timespec *mtime, uint64_t now_us)
{
	enum { TICKS_US = 20000, SECONDS_US = 2100000 };
	uint64_t mtime_us = (uint64_t)mtime->tv_sec * 1000000 + (uint64_t)mtime->tv_nsec / 1000;

	return now_us >= mtime_us + (mtime->tv_nsec == 0 ? SECONDS_US : TICKS_US);
}

int fsi_channel_set_refresh(struct fsi_channel_set *set, struct fsi_home *home)
{
	uint64_t generation = fsi_counter_generation(&home->counter);
	struct stat status;
	uint64_t now_us;
	int r = fsi_sys_fstat(home->fd, &status);

	if (r < 0)
		return fsi_fail_errno(-r, home->path, "cannot look at home %s", home->path);
	if (status.st_nlink == 0)
		return fsi_fail(FSPS_ERR_GONE, home->path, "home %s was removed", home->path);
	if (set->settled && generation == set->read_generation &&
	    same_time(&status.st_mtim, &set->read_mtime))
		return 0;
	now_us = fsi_sys_realtime_us();
	set->settled = false;
	r = read_names(set, home);
	if (r < 0)
		return r;
	/* All three as they were before the reading: a change during it shows next time. */
	set->settled = is_settled(&status.st_mtim, now_us);
	set->read_mtime = status.st_mtim;
	set->read_generation = generation;
	return 0;
}

bool fsi_channel_set_is_current(const struct fsi_channel_set *set, const struct fsi_home *home)
{
	return fsi_counter_generation(&home->counter) == set->read_generation;
}

int fsi_channel_set_find(struct fsi_channel_set *set, const char *topic, size_t topic_len,
			 struct fsi_route **ret_route)
{
	return fsi_topic_cache_find(set, topic, topic_len, ret_route);
}

struct fsi_target *fsi_channel_set_get(const struct fsi_channel_set *set, uint32_t slot,
				       uint64_t serial)
{
	struct fsi_target *target = slot < set->slot_count ? set->slots[slot] : NULL;

	return target != NULL && target->serial == serial ? target : NULL;
}

size_t fsi_channel_set_bell_limit(void)
{
	uint64_t limit = fsi_sys_descriptor_limit() / 4;

	if (limit < 8)
		return 8;
	return limit > 4096 ? 4096 : (size_t)limit;
}
