/* SPDX-License-Identifier: MIT */
/* Implements publish/encode.h. */
#include "publish/encode.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "message/codec.h"
#include "message/headers.h"
#include "message/json.h"
#include "topic/name.h"

static const char NO_HEADERS[] = "{}";

static int make_room(struct fsi_prefix *prefix, size_t bytes)
{
	unsigned char *moved;

	if (bytes <= prefix->capacity)
		return 0;
	moved = realloc(prefix->bytes, bytes);
	if (moved == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a message");
	prefix->bytes = moved;
	prefix->capacity = bytes;
	return 0;
}

int fsi_prefix_encode(struct fsi_prefix *prefix, const char *topic, size_t topic_len,
		      const fsps_headers *headers)
{
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;
	bool has_headers = headers != NULL && headers->count > 0;
	size_t json_len = sizeof NO_HEADERS - 1;
	int r;

	if (!has_headers && prefix->len > 0 &&
	    fsi_message_prefix_is_of(prefix->bytes, prefix->len, topic, topic_len))
		return 0;
	prefix->len = 0;
	prefix->fan_stamp = 0;
	r = fsi_topic_check(topic);
	if (r == 0 && has_headers)
		r = fsi_headers_write_json(headers, &json, &json_len);
	if (r == 0)
		r = make_room(prefix, fsi_message_prefix_bytes(topic_len, json_len));
	if (r < 0)
		return r;
	fsi_message_encode_prefix(prefix->bytes, 0, 0, topic, topic_len,
				  json != NULL ? json : NO_HEADERS, json_len, 0);
	prefix->len = fsi_message_prefix_bytes(topic_len, json_len);
	return 0;
}

void fsi_prefix_deinit(struct fsi_prefix *prefix)
{
	free(prefix->bytes);
	*prefix = (struct fsi_prefix){.len = 0};
}
