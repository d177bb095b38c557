/* SPDX-License-Identifier: MIT */
/* Implements soak.h, but for the payloads. */
#include "soak.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

static volatile sig_atomic_t ending;

static void end_soon(int signal_number)
{
	(void)signal_number;
	ending = 1;
}

bool soak_is_ending(void)
{
	return ending != 0;
}

void soak_give_up(const struct soak_self *self, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%u: ", (unsigned)self->who);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	_exit(EXIT_FAILURE);
}

/* ---- arguments ---- */

const char *soak_text(const struct soak_self *self, const char *key)
{
	size_t len = strlen(key);

	for (char **at = self->arguments; *at != NULL; at++) {
		if (strncmp(*at, key, len) == 0 && (*at)[len] == '=')
			return *at + len + 1;
	}
	return NULL;
}

int64_t soak_number(const struct soak_self *self, const char *key, int64_t fallback)
{
	const char *text = soak_text(self, key);

	return text != NULL ? strtoll(text, NULL, 10) : fallback;
}

/* ---- the process ---- */

static void open_log(struct soak_self *self)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%u", soak_text(self, "log"), (unsigned)self->who);
	self->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (self->log_fd < 0)
		soak_give_up(self, "%s: %s", path, strerror(errno));
}

void soak_start(struct soak_self *self, char **argv)
{
	struct sigaction action = {.sa_handler = end_soon};

	*self = (struct soak_self){.arguments = argv + 1};
	self->who = (uint32_t)soak_number(self, "who", 0);
	self->random = (uint64_t)soak_number(self, "seed", 0);
	if (soak_text(self, "log") == NULL)
		soak_give_up(self, "there is no log=");
	open_log(self);
	sigaction(SIGTERM, &action, NULL);
	/* Children are nobody's business: no zombies. */
	action = (struct sigaction){.sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT};
	sigaction(SIGCHLD, &action, NULL);
}

void soak_start_child(struct soak_self *self, uint32_t who)
{
	close(self->log_fd);
	self->who = who;
	self->random ^= (uint64_t)who << 32;
	open_log(self);
}

fsps_bus *soak_open_bus(const struct soak_self *self)
{
	struct fsps_bus_options options = {.size = sizeof options};
	fsps_bus *bus = NULL;
	char identity[32];

	/* By it the conductor finds the lock file. */
	snprintf(identity, sizeof identity, "soak-%u", (unsigned)self->who);
	options.identity = identity;
	if (fsps_bus_open(&options, &bus) < 0)
		soak_give_up(self, "the bus: %s", fsps_last_error()->text);
	return bus;
}

uint64_t soak_now_ns(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void soak_pause(uint64_t us)
{
	struct itimerspec when = {.it_value = {.tv_sec = (time_t)(us / 1000000),
					       .tv_nsec = (long)(us % 1000000) * 1000}};
	int fd = us > 0 ? timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) : -1;
	struct pollfd timer = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	if (timerfd_settime(fd, 0, &when, NULL) == 0)
		(void)poll(&timer, 1, -1);
	close(fd);
}

uint64_t soak_below(struct soak_self *self, uint64_t limit)
{
	uint64_t z = self->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % limit;
}

bool soak_chance(struct soak_self *self, int64_t permille)
{
	return permille > 0 && soak_below(self, 1000) < (uint64_t)permille;
}

/* FNV-1a. */
uint64_t soak_hash(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

void soak_note(const struct soak_self *self, const struct soak_record *record)
{
	struct soak_record note = *record;

	note.time_ns = soak_now_ns();
	note.who = self->who;
	if (write(self->log_fd, &note, sizeof note) != (ssize_t)sizeof note)
		soak_give_up(self, "the log: %s", strerror(errno));
}
