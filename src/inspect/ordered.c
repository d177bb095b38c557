/* SPDX-License-Identifier: MIT */
/* Implements inspect/ordered.h. */
#include "inspect/ordered.h"

#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"

struct batch {
	struct fsi_ordered_name *list;
	size_t count;
	size_t capacity;
	/* There were more. */
	bool truncated;
};

static int compare(const void *one, const void *other)
{
	const struct fsi_ordered_name *a = one;
	const struct fsi_ordered_name *b = other;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->text, b->text);
}

/* Sorts, and forgets all but the lowest. */
static void choose(struct batch *batch)
{
	if (batch->count > 0)
		qsort(batch->list, batch->count, sizeof *batch->list, compare);
	if (batch->count <= FSI_ORDERED_BATCH)
		return;
	batch->count = FSI_ORDERED_BATCH;
	batch->truncated = true;
}

static int grow(struct batch *batch)
{
	size_t capacity = batch->capacity == 0 ? 64 : batch->capacity * 2;
	struct fsi_ordered_name *list = reallocarray(batch->list, capacity, sizeof *list);

	if (list == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to read a channel");
	batch->list = list;
	batch->capacity = capacity;
	return 0;
}

static int add(struct batch *batch, const struct fsi_ordered_name *name)
{
	int r;

	/* Room for as many again, so that they are sorted once for many. */
	if (batch->count == (size_t)FSI_ORDERED_BATCH * 2)
		choose(batch);
	if (batch->count == batch->capacity) {
		r = grow(batch);
		if (r < 0)
			return r;
	}
	batch->list[batch->count++] = *name;
	return 0;
}

/* The lowest names behind that one. */
static int collect(struct batch *batch, int directory_fd, fsi_ordered_filter filter,
		   const struct fsi_ordered_name *behind)
{
	struct fsi_ordered_name found;
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&names, directory_fd);
	int added = 0;

	batch->count = 0;
	batch->truncated = false;
	while (added == 0 && r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1) {
		if (!filter(name, &found.number) || strlen(name) >= sizeof found.text)
			continue;
		memcpy(found.text, name, strlen(name) + 1);
		if (compare(&found, behind) > 0)
			added = add(batch, &found);
	}
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	choose(batch);
	return added;
}

static int visit_all(const struct batch *batch, fsi_ordered_visit visit, void *userdata)
{
	for (size_t i = 0; i < batch->count; i++) {
		int r;

		/* A directory that changes may show a name twice. */
		if (i > 0 && compare(&batch->list[i - 1], &batch->list[i]) == 0)
			continue;
		r = visit(&batch->list[i], userdata);
		if (r != 0)
			return r;
	}
	return 0;
}

int fsi_ordered_walk(int directory_fd, fsi_ordered_filter filter, fsi_ordered_visit visit,
		     void *userdata)
{
	struct fsi_ordered_name behind = {.number = 0, .text = ""};
	struct batch batch = {.truncated = true};
	int r = 0;

	while (r == 0 && batch.truncated) {
		r = collect(&batch, directory_fd, filter, &behind);
		if (r == 0)
			r = visit_all(&batch, visit, userdata);
		if (batch.count > 0)
			behind = batch.list[batch.count - 1];
	}
	free(batch.list);
	return r;
}
