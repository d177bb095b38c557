/* SPDX-License-Identifier: MIT */
/*
 * soak_replay KEY=VALUE...: puts dead letters of the channel name= back into it, as long as the
 * soak goes on, and notes each; every now and then, after up to pause= microseconds.
 */
#include <stdlib.h>

#include "soak.h"

static int replay(const struct fsps_dead_letter *letter, void *userdata)
{
	const struct soak_self *self = *(struct soak_self **)userdata;
	fsps_bus *bus = ((fsps_bus **)userdata)[1];
	int r = fsps_dead_replay(bus, letter->channel_name, letter->file_name);

	if (r == FSPS_OK)
		soak_note(self, &(struct soak_record){.kind = SOAK_REPLAYED,
						      .channel = soak_hash(letter->channel_name),
						      .id = letter->id});
	else if (r != FSPS_ERR_NOT_FOUND)
		soak_give_up(self, "replaying %s: %s", letter->file_name, fsps_last_error()->text);
	return 0;
}

int main(int argc, char **argv)
{
	struct soak_self self;
	void *both[2];

	(void)argc;
	soak_start(&self, argv);
	both[0] = &self;
	both[1] = soak_open_bus(&self);
	while (!soak_is_ending()) {
		if (fsps_dead_list(both[1], soak_text(&self, "name"), replay, both) < 0)
			soak_give_up(&self, "dead letters: %s", fsps_last_error()->text);
		soak_pause(soak_below(&self, (uint64_t)soak_number(&self, "pause", 100000)));
	}
	fsps_bus_close(both[1]);
	return EXIT_SUCCESS;
}
