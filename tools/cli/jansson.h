/* SPDX-License-Identifier: MIT */
/*
 * jansson, loaded when JSON has to be read and not before.
 *
 * Only pubsub-publish --json-lines and a format with %J read JSON. Linking jansson would make
 * every start of the two commands map, relocate and verify one more library, which a one-shot
 * publish in a shell loop pays each time; linking it statically would need its archive on every
 * machine that builds. So it is opened with dlopen(3) on first use, and where it is missing, that
 * use alone fails and names the package.
 */
#ifndef CLI_JANSSON_H
#define CLI_JANSSON_H

#include <jansson.h>

/* The functions that we use; json_delete() for what we own alone. */
struct cli_jansson {
	json_t *(*loadb)(const char *buffer, size_t len, size_t flags, json_error_t *error);
	json_t *(*object_get)(const json_t *object, const char *key);
	const char *(*string_value)(const json_t *string);
	size_t (*string_length)(const json_t *string);
	char *(*dumps)(const json_t *json, size_t flags);
	void (*destroy)(json_t *json);
};

/* Fills ret_jansson. 0, or CLI_ERROR after saying what is missing. */
int cli_jansson_load(struct cli_jansson *ret_jansson);

#endif
