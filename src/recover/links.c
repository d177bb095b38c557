/* SPDX-License-Identifier: MIT */
/* Implements recover/links.h: a table with open addressing, at most half full. */
#include "recover/links.h"

#include <stdint.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 1 << 8, CAPACITY_MOST = 1 << 21 };

/* A home is one file system, so an inode is a file. 0 seen: a free place. */
struct fsi_links_entry {
	uint64_t inode;
	uint64_t seen;
};

static struct fsi_links_entry *find(const struct fsi_links *links, uint64_t inode)
{
	/* Neighbouring inodes, as files are made, go to places far apart. */
	size_t place = (size_t)(inode * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (links->capacity - 1);

	while (links->entries[place].seen != 0 && links->entries[place].inode != inode)
		place = (place + 1) & (links->capacity - 1);
	return &links->entries[place];
}

static bool grow(struct fsi_links *links)
{
	struct fsi_links larger = {.capacity = links->capacity == 0 ? CAPACITY_FIRST
								    : links->capacity * 2,
				   .used = links->used};

	if (larger.capacity > CAPACITY_MOST)
		return false;
	larger.entries = calloc(larger.capacity, sizeof *larger.entries);
	if (larger.entries == NULL)
		return false;
	for (size_t i = 0; i < links->capacity; i++)
		if (links->entries[i].seen != 0)
			*find(&larger, links->entries[i].inode) = links->entries[i];
	free(links->entries);
	*links = larger;
	return true;
}

bool fsi_links_count(struct fsi_links *links, const struct stat *status)
{
	struct fsi_links_entry *entry;

	if (status->st_nlink <= 1)
		return true;
	if (links->used >= links->capacity / 2 && !grow(links))
		return false;
	entry = find(links, status->st_ino);
	links->used += entry->seen == 0;
	entry->inode = status->st_ino;
	entry->seen++;
	return entry->seen == status->st_nlink;
}

void fsi_links_deinit(struct fsi_links *links)
{
	free(links->entries);
	*links = (struct fsi_links){.entries = NULL};
}
