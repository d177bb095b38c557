/* SPDX-License-Identifier: MIT */
/* Implements inspect/segment_look.h. */
#include "inspect/segment_look.h"

static size_t place_in(const struct fsi_view *view, const struct fsi_control *control)
{
	uint64_t at = control != NULL ? fsi_control_place(control, view->key) : 0;

	return at >= view->at && at <= view->end && at % FSI_FRAME_ALIGNMENT == 0 ? (size_t)at
										  : view->at;
}

int fsi_segment_look_open(int channel_fd, const struct fsi_control *control, uint64_t key,
			  uint64_t offset, struct fsi_segment_look *ret_look)
{
	struct fsi_mapping_cache mappings = {.count = 0};
	struct fsi_view *view = NULL;
	int r = fsi_view_open(channel_fd, key, offset, &mappings, &view);
	size_t place;

	if (r != FSI_VIEW_OPEN)
		return r;
	place = place_in(view, control);
	/* A durable channel has it in the link's name what was settled. */
	if (control != NULL && control->kind != FSI_CONTROL_DURABLE)
		view->at = place;
	*ret_look = (struct fsi_segment_look){.view = view, .handed_out_end = place};
	return FSI_VIEW_OPEN;
}

void fsi_segment_look_close(struct fsi_segment_look *look)
{
	struct fsi_mapping_cache mappings = {.count = 0};

	fsi_view_close(look->view, &mappings);
	fsi_mapping_cache_clear(&mappings);
	look->view = NULL;
}
