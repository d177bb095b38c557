/* SPDX-License-Identifier: MIT */
/* Implements base/random.h. */
#include "base/random.h"

#include "base/error.h"
#include "base/sys.h"

int fsi_random_name(char *name)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char bytes[FSI_RANDOM_NAME_LEN];
	int r = fsi_sys_getrandom(bytes, sizeof bytes);

	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot get random bytes for a name");
	/* 256 is no multiple of 62: slightly uneven, which names do not mind. */
	for (unsigned i = 0; i < FSI_RANDOM_NAME_LEN; i++)
		name[i] = alphabet[bytes[i] % (sizeof alphabet - 1)];
	name[FSI_RANDOM_NAME_LEN] = '\0';
	return 0;
}
