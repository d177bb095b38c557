/* SPDX-License-Identifier: MIT */
/* Implements cli/users.h. */
#include "cli/users.h"

#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/fail.h"
#include "cli/number.h"

/* UINT32_MAX is nobody's. */
static bool parse_id(const char *text, uint32_t *ret_id)
{
	int64_t number;

	if (!cli_parse_count(text, &number) || number >= UINT32_MAX)
		return false;
	*ret_id = (uint32_t)number;
	return true;
}

int cli_user_option(const char *option, const char *text, uint32_t *ret_id)
{
	const struct passwd *user;

	if (parse_id(text, ret_id))
		return 0;
	user = getpwnam(text);
	if (user == NULL)
		return cli_usage("%s wants a user's name or number, not '%s'", option, text);
	*ret_id = (uint32_t)user->pw_uid;
	return 0;
}

int cli_group_option(const char *option, const char *text, uint32_t *ret_id)
{
	const struct group *group;

	if (parse_id(text, ret_id))
		return 0;
	group = getgrnam(text);
	if (group == NULL)
		return cli_usage("%s wants a group's name or number, not '%s'", option, text);
	*ret_id = (uint32_t)group->gr_gid;
	return 0;
}

static void write_text(const char *name, uint32_t id, char text[CLI_ID_TEXT_BYTES])
{
	if (name != NULL)
		snprintf(text, CLI_ID_TEXT_BYTES, "%s", name);
	else
		snprintf(text, CLI_ID_TEXT_BYTES, "%" PRIu32, id);
}

void cli_user_text(uint32_t id, char text[CLI_ID_TEXT_BYTES])
{
	const struct passwd *user = getpwuid((uid_t)id);

	write_text(user == NULL ? NULL : user->pw_name, id, text);
}

void cli_group_text(uint32_t id, char text[CLI_ID_TEXT_BYTES])
{
	const struct group *group = getgrgid((gid_t)id);

	write_text(group == NULL ? NULL : group->gr_name, id, text);
}
