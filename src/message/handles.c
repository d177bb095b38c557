/* SPDX-License-Identifier: MIT */
/* Implements message/handles.h. */
#include "message/handles.h"

#include <stdlib.h>

struct fsi_handles *fsi_handles_new(void)
{
	struct fsi_handles *handles = calloc(1, sizeof *handles);

	if (handles == NULL)
		return NULL;
	atomic_init(&handles->references, 1);
	return handles;
}

fsps_message *fsi_handles_make(struct fsi_handles *handles)
{
	fsps_message *message;

	if (handles->made == FSI_HANDLES)
		return NULL;
	handles->last = handles->made++;
	message = &handles->messages[handles->last];
	message->reused = true;
	atomic_init(&message->references, 1);
	return message;
}

struct fsi_handles *fsi_handles_ref(struct fsi_handles *handles)
{
	atomic_fetch_add_explicit(&handles->references, 1, memory_order_relaxed);
	return handles;
}

void fsi_handles_unref(struct fsi_handles *handles)
{
	if (handles != NULL &&
	    atomic_fetch_sub_explicit(&handles->references, 1, memory_order_acq_rel) == 1)
		free(handles);
}
