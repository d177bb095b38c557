/* SPDX-License-Identifier: MIT */
/* The API of <fsps/error.h> and <fsps/version.h>. */
#include <fsps/error.h>

#include <fsps/version.h>

#include "base/error.h"

const char *fsps_strerror(int code)
{
	return fsi_error_words(code)->sentence;
}

const char *fsps_error_name(int code)
{
	return fsi_error_words(code)->name;
}

const char *fsps_error_remedy(int code)
{
	return fsi_error_words(code)->remedy;
}

const struct fsps_error *fsps_last_error(void)
{
	return fsi_error_last();
}

const char *fsps_version(void)
{
	return FSPS_VERSION;
}
