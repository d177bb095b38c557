/* SPDX-License-Identifier: MIT */
/*
 * soak_effect KEY=VALUE...: what pubsub-subscribe --exec runs for a message: notes that it came,
 * takes up to slow-us= microseconds, and fails fail= times in a thousand; then notes its success.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

enum { PAYLOAD_MAX = 1 << 20 };

static size_t read_payload(const struct soak_self *self, char *to)
{
	size_t len = 0;
	ssize_t got;

	while ((got = read(STDIN_FILENO, to + len, PAYLOAD_MAX - len)) != 0) {
		if (got < 0 && errno != EINTR)
			soak_give_up(self, "stdin: %s", strerror(errno));
		len += got > 0 ? (size_t)got : 0;
	}
	return len;
}

static const char *variable(const struct soak_self *self, const char *name)
{
	const char *value = getenv(name);

	if (value == NULL)
		soak_give_up(self, "there is no %s", name);
	return value;
}

int main(int argc, char **argv)
{
	static char payload[PAYLOAD_MAX];
	struct soak_record record = {.kind = SOAK_DELIVERED};
	struct soak_self self;
	size_t len;

	(void)argc;
	soak_start(&self, argv);
	self.random ^= soak_now_ns();
	len = read_payload(&self, payload);
	if (!soak_payload_read(payload, len, &record.from, &record.seq))
		soak_give_up(&self, "a message of %zu bytes is not whole", len);
	record.channel = soak_hash(soak_text(&self, "channel"));
	record.id = strtoull(variable(&self, "PUBSUB_ID"), NULL, 10);
	record.topic = (uint32_t)soak_hash(variable(&self, "PUBSUB_TOPIC"));
	record.count = (uint32_t)strtoul(variable(&self, "PUBSUB_ATTEMPT"), NULL, 10);
	soak_note(&self, &record);
	soak_pause(soak_below(&self, (uint64_t)soak_number(&self, "slow-us", 1000)));
	record.kind = SOAK_SETTLED;
	record.more = record.count;
	record.count = soak_chance(&self, soak_number(&self, "fail", 0)) ? SOAK_NACK : SOAK_ACK;
	soak_note(&self, &record);
	return record.count == SOAK_ACK ? EXIT_SUCCESS : EXIT_FAILURE;
}
