/* SPDX-License-Identifier: MIT */
/* Implements cli/jansson.h. The library stays loaded until the process ends. */
#include "cli/jansson.h"

#include <dlfcn.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/status.h"

#define JANSSON_FILE "libjansson.so.4"

/* ISO C knows no conversion from an object pointer to a function pointer; POSIX wants the bits to
 * be the same. */
static int find(void *library, const char *name, void *ret_function)
{
	void *symbol = dlsym(library, name);

	if (symbol == NULL)
		return -1;
	memcpy(ret_function, &symbol, sizeof symbol);
	return 0;
}

int cli_jansson_load(struct cli_jansson *ret_jansson)
{
	struct cli_jansson found;
	void *library = dlopen(JANSSON_FILE, RTLD_LAZY | RTLD_LOCAL);

	if (library == NULL)
		return cli_fail(CLI_ERROR,
				"reading JSON needs jansson, which is missing; install "
				"libjansson4 (%s)",
				dlerror());
	if (find(library, "json_loadb", &found.loadb) < 0 ||
	    find(library, "json_object_get", &found.object_get) < 0 ||
	    find(library, "json_string_value", &found.string_value) < 0 ||
	    find(library, "json_string_length", &found.string_length) < 0 ||
	    find(library, "json_dumps", &found.dumps) < 0 ||
	    find(library, "json_delete", &found.destroy) < 0)
		return cli_fail(CLI_ERROR,
				"%s is not the jansson that we know; install libjansson4",
				JANSSON_FILE);
	*ret_jansson = found;
	return 0;
}
