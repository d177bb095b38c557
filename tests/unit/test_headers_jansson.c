/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing headers compared with jansson, on random documents: valid ones, ones that
 * are nearly valid, and both with a few bytes changed.
 *
 * What jansson refuses, we refuse. What it accepts, we read as the same values, except for what
 * `strictnesses` lists; each of these must come up. What we write, jansson reads as the same
 * values.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/headers.h>

#include "base/cleanup.h"
#include "check_main.h"
#include "headers_documents.h"
#include "message/headers.h"
#include "message_random.h"

enum { DOCUMENTS = 200000 };

/* ---- where we are stricter ---- */

static bool is_array(json_t *root, const struct document *document)
{
	(void)document;
	return json_is_array(root);
}

static bool is_nested(json_t *root, const struct document *document)
{
	(void)document;
	for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
		json_t *value = json_object_iter_value(at);

		if (json_is_array(value) || json_is_object(value))
			return true;
	}
	return false;
}

static bool has_too_many_keys(json_t *root, const struct document *document)
{
	(void)document;
	return json_object_size(root) > FSPS_HEADERS_MAX;
}

static bool has_empty_key(json_t *root, const struct document *document)
{
	(void)document;
	return json_object_getn(root, "", 0) != NULL;
}

static bool has_long_key(json_t *root, const struct document *document)
{
	(void)document;
	for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at))
		if (json_object_iter_key_len(at) > FSPS_HEADER_KEY_MAX)
			return true;
	return false;
}

static bool is_too_long(json_t *root, const struct document *document)
{
	(void)root;
	return document->len > FSPS_HEADERS_BYTES_MAX;
}

static const struct {
	const char *what;
	bool (*applies)(json_t *root, const struct document *document);
} strictnesses[] = {
	{"an array instead of an object", is_array},
	{"an array or object as a value", is_nested},
	{"more than 256 keys", has_too_many_keys},
	{"an empty key", has_empty_key},
	{"a key of more than 255 bytes", has_long_key},
	{"more than 64 KiB", is_too_long},
};

enum { STRICTNESSES = sizeof strictnesses / sizeof strictnesses[0] };

/* What happened so far. */
static struct {
	int accepted;
	int refused;
	int stricter[STRICTNESSES];
} seen;

/* Whether we have to refuse what jansson has accepted. */
static bool must_refuse(json_t *root, const struct document *document)
{
	bool refuse = false;

	for (size_t i = 0; i < STRICTNESSES; i++)
		if (strictnesses[i].applies(root, document)) {
			seen.stricter[i]++;
			refuse = true;
		}
	return refuse;
}

/* ---- comparing ---- */

static bool equals_value(const struct fsps_header *header, json_t *value)
{
	double number = json_real_value(value);

	switch (header->type) {
	case FSPS_HEADER_NULL:
		return json_is_null(value);
	case FSPS_HEADER_BOOL:
		return json_is_boolean(value) && header->boolean == json_is_true(value);
	case FSPS_HEADER_INT:
		return json_is_integer(value) && header->integer == json_integer_value(value);
	case FSPS_HEADER_DOUBLE:
		/* Bit by bit: -0.0 is not 0.0. */
		return json_is_real(value) && memcmp(&header->number, &number, sizeof number) == 0;
	case FSPS_HEADER_STRING:
		return json_is_string(value) && header->string_len == json_string_length(value) &&
		       memcmp(header->string, json_string_value(value), header->string_len) == 0;
	}
	return false;
}

/* Whether both have the same keys in the same order with the same values. */
static bool equals(const fsps_headers *headers, json_t *root)
{
	struct fsps_header header;
	size_t i = 0;

	for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at))
		if (fsps_headers_at(headers, i++, &header) < 0 ||
		    strcmp(header.key, json_object_iter_key(at)) != 0 ||
		    !equals_value(&header, json_object_iter_value(at)))
			return false;
	return fsps_headers_count(headers) == i;
}

static json_t *load(const char *json, size_t len)
{
	json_error_t error;

	return json_loadb(json, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
}

/* Whether what we write of headers that equal root is read as root, by jansson and by us. */
static bool writes_the_same(const fsps_headers *headers, json_t *root)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *back = NULL;
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;
	json_t *loaded;
	size_t len;
	bool same;

	if (fsps_headers_to_json(headers, &json, &len) < 0)
		return false;
	loaded = load(json, len);
	same = loaded != NULL && equals(headers, loaded) && json_equal(loaded, root) == 1 &&
	       fsps_headers_from_json(json, len, &back) >= 0 && equals(back, root);
	json_decref(loaded);
	return same;
}

static const char *compare_accepted(const struct document *document, json_t *root)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	int code = fsps_headers_from_json(document->bytes, document->len, &headers);

	if (must_refuse(root, document)) {
		seen.refused++;
		return code == FSPS_ERR_HEADER ? NULL : "not refused";
	}
	seen.accepted++;
	if (code < 0)
		return "refused, but jansson accepts it";
	if (!equals(headers, root))
		return "read as other values";
	return writes_the_same(headers, root) ? NULL : "written as other values";
}

static const char *compare_refused(const struct document *document)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;

	seen.refused++;
	if (fsps_headers_from_json(document->bytes, document->len, &headers) == FSPS_ERR_HEADER)
		return NULL;
	return "accepted, but jansson refuses it";
}

/* What is wrong with how we treat a document, or NULL. */
static const char *compare(const struct document *document)
{
	const char *wrong;
	json_t *root;

	/* No JSON has a NUL byte, but jansson 2.14 reads over one behind a number or a word. */
	if (memchr(document->bytes, '\0', document->len) != NULL)
		return compare_refused(document);
	root = load(document->bytes, document->len);
	wrong = root == NULL ? compare_refused(document) : compare_accepted(document, root);
	json_decref(root);
	return wrong;
}

/* Fails with a document of which only its first bytes are shown, so that they can be pasted. */
static void report(uint64_t seed, int number, const char *wrong, const struct document *document)
{
	char text[4 * 300 + 1] = "", *to = text;

	for (size_t i = 0; i < document->len && i < 300; i++)
		to += sprintf(to, "\\x%02x", (unsigned char)document->bytes[i]);
	ck_abort_msg("FSPS_SEED=%ju document %d is %s: %s", (uintmax_t)seed, number, wrong, text);
}

START_TEST(headers_are_read_and_written_as_by_jansson)
{
	static struct document document;
	uint64_t seed = random_seed();

	document.state = seed;
	for (int i = 0; i < DOCUMENTS; i++) {
		const char *wrong;

		make_document(&document);
		mutate(&document);
		/* No bytes are no headers to us and no document to jansson. */
		if (document.len == 0)
			continue;
		wrong = compare(&document);
		if (wrong != NULL)
			report(seed, i, wrong, &document);
	}
	/* A generator that made only one kind would have tested nothing. */
	ck_assert_int_gt(seen.accepted, DOCUMENTS / 10);
	ck_assert_int_gt(seen.refused, DOCUMENTS / 10);
	for (int i = 0; i < STRICTNESSES; i++)
		if (seen.stricter[i] == 0)
			ck_abort_msg("no document had %s", strictnesses[i].what);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("headers_jansson");
	TCase *tcase = tcase_create("headers_jansson");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, headers_are_read_and_written_as_by_jansson);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
