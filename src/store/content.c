/* SPDX-License-Identifier: MIT */
/* Implements store/content.h. */
#include "store/content.h"

#include <stdio.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"
#include "store/names.h"

static void count(struct fsi_channel_content *content, const char *name)
{
	char member[FSI_MEMBER_LEN + 1];
	uint64_t id;

	if (strncmp(name, FSI_PREFIX_DEAD, sizeof FSI_PREFIX_DEAD - 1) == 0) {
		content->dead_letters++;
		return;
	}
	if (!fsi_id_parse(name, &id) && !fsi_member_name_parse(name, FSI_PREFIX_TAKEN, member, &id))
		return;
	content->backlog++;
	if (content->lowest_id != 0 && id >= content->lowest_id)
		return;
	content->lowest_id = id;
	snprintf(content->lowest_name, sizeof content->lowest_name, "%s", name);
}

int fsi_channel_content(int channel_fd, struct fsi_channel_content *ret_content)
{
	struct fsi_channel_content content = {0};
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&names, channel_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		count(&content, name);
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	*ret_content = content;
	return 0;
}
