/* SPDX-License-Identifier: MIT */
/* Implements fsps/headers.h: checks the arguments, and leaves the rest to the message layer. */
#include <fsps/headers.h>

#include "api/argument.h"
#include "message/headers.h"
#include "message/json.h"

/* What nearly all of these functions need. */
static int check(const char *function, const fsps_headers *headers, const char *key)
{
	if (headers == NULL)
		return fsi_fail_null(function, "headers");
	if (key == NULL)
		return fsi_fail_null(function, "key");
	return FSPS_OK;
}

/* The same with one pointer more. */
static int check_with(const char *function, const fsps_headers *headers, const char *key,
		      const char *name, const void *pointer)
{
	int result = check(function, headers, key);

	if (result >= 0 && pointer == NULL)
		result = fsi_fail_null(function, name);
	return result;
}

int fsps_headers_new(fsps_headers **ret_headers)
{
	if (ret_headers == NULL)
		return fsi_fail_null(__func__, "ret_headers");
	return fsi_headers_new(ret_headers);
}

void fsps_headers_free(fsps_headers *headers)
{
	fsi_headers_free(headers);
}

void fsps_headers_clear(fsps_headers *headers)
{
	if (headers == NULL)
		fsi_fail_null(__func__, "headers");
	else
		fsi_headers_clear(headers);
}

/* ---- setting ---- */

int fsps_headers_set_string(fsps_headers *headers, const char *key, const char *value)
{
	int result = check_with(__func__, headers, key, "value", value);

	return result < 0 ? result : fsi_headers_set_string(headers, key, value);
}

int fsps_headers_set_bytes(fsps_headers *headers, const char *key, const char *value,
			   size_t value_len)
{
	int result = check_with(__func__, headers, key, "value", value);

	return result < 0 ? result : fsi_headers_set_bytes(headers, key, value, value_len);
}

int fsps_headers_set_int(fsps_headers *headers, const char *key, int64_t value)
{
	int result = check(__func__, headers, key);

	return result < 0 ? result : fsi_headers_set_int(headers, key, value);
}

int fsps_headers_set_double(fsps_headers *headers, const char *key, double value)
{
	int result = check(__func__, headers, key);

	return result < 0 ? result : fsi_headers_set_double(headers, key, value);
}

int fsps_headers_set_bool(fsps_headers *headers, const char *key, bool value)
{
	int result = check(__func__, headers, key);

	return result < 0 ? result : fsi_headers_set_bool(headers, key, value);
}

int fsps_headers_set_null(fsps_headers *headers, const char *key)
{
	int result = check(__func__, headers, key);

	return result < 0 ? result : fsi_headers_set_null(headers, key);
}

int fsps_headers_set_json(fsps_headers *headers, const char *key, const char *json)
{
	int result = check_with(__func__, headers, key, "json", json);

	return result < 0 ? result : fsi_headers_set_json(headers, key, json);
}

int fsps_headers_remove(fsps_headers *headers, const char *key)
{
	int result = check(__func__, headers, key);

	return result < 0 ? result : fsi_headers_remove(headers, key);
}

/* ---- looking ---- */

size_t fsps_headers_count(const fsps_headers *headers)
{
	return headers == NULL ? 0 : fsi_headers_count(headers);
}

int fsps_headers_at(const fsps_headers *headers, size_t index, struct fsps_header *ret_header)
{
	if (headers == NULL)
		return fsi_fail_null(__func__, "headers");
	if (ret_header == NULL)
		return fsi_fail_null(__func__, "ret_header");
	return fsi_headers_at(headers, index, ret_header);
}

int fsps_headers_find(const fsps_headers *headers, const char *key, struct fsps_header *ret_header)
{
	int result = check_with(__func__, headers, key, "ret_header", ret_header);

	return result < 0 ? result : fsi_headers_find(headers, key, ret_header);
}

const char *fsps_headers_get_string(const fsps_headers *headers, const char *key)
{
	return check(__func__, headers, key) < 0 ? NULL : fsi_headers_get_string(headers, key);
}

int fsps_headers_get_int(const fsps_headers *headers, const char *key, int64_t *ret_value)
{
	int result = check_with(__func__, headers, key, "ret_value", ret_value);

	return result < 0 ? result : fsi_headers_get_int(headers, key, ret_value);
}

int fsps_headers_get_double(const fsps_headers *headers, const char *key, double *ret_value)
{
	int result = check_with(__func__, headers, key, "ret_value", ret_value);

	return result < 0 ? result : fsi_headers_get_double(headers, key, ret_value);
}

int fsps_headers_get_bool(const fsps_headers *headers, const char *key, bool *ret_value)
{
	int result = check_with(__func__, headers, key, "ret_value", ret_value);

	return result < 0 ? result : fsi_headers_get_bool(headers, key, ret_value);
}

/* ---- JSON ---- */

int fsps_headers_to_json(const fsps_headers *headers, char **ret_json, size_t *ret_len)
{
	size_t unused;

	if (headers == NULL)
		return fsi_fail_null(__func__, "headers");
	if (ret_json == NULL)
		return fsi_fail_null(__func__, "ret_json");
	return fsi_headers_write_json(headers, ret_json, ret_len == NULL ? &unused : ret_len);
}

int fsps_headers_from_json(const char *json, size_t json_len, fsps_headers **ret_headers)
{
	if (json == NULL)
		return fsi_fail_null(__func__, "json");
	if (ret_headers == NULL)
		return fsi_fail_null(__func__, "ret_headers");
	return fsi_headers_parse_json(json, json_len, ret_headers);
}
