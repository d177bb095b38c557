/* SPDX-License-Identifier: MIT */
/*
 * A home in which somebody made anything: publishing, listing, subscribing, fetching and sweeping
 * answer documented codes, end, and touch nothing outside.
 *
 * The input is a list of entries: a byte for the kind, a byte for the name's form, a length byte
 * and that many bytes as name part and content. The canary beside the home must stay as it was.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char CANARY[] = "nobody touches this";

struct input {
	const uint8_t *data;
	size_t left;
};

static uint8_t next_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->data++;
}

/* ---- the canary ---- */

static char canary_directory[128];
static char canary_file[160];
static struct stat canary_status;

static void plant_canary(void)
{
	int fd;

	if (canary_file[0] != '\0')
		return;
	snprintf(canary_directory, sizeof canary_directory, "%s/canary", fuzz_directory());
	snprintf(canary_file, sizeof canary_file, "%s/1", canary_directory);
	fuzz_require(mkdir(canary_directory, 0700) == 0, "the canary's directory is made");
	fd = open(canary_file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	fuzz_require(write(fd, CANARY, sizeof CANARY) == sizeof CANARY, "the canary is written");
	close(fd);
	fuzz_require(stat(canary_file, &canary_status) == 0, "the canary is there");
}

static void check_canary(void)
{
	struct stat now;

	fuzz_require(stat(canary_file, &now) == 0, "the canary is still there");
	fuzz_require(now.st_ino == canary_status.st_ino && now.st_nlink == 1 &&
			     now.st_size == canary_status.st_size &&
			     now.st_mode == canary_status.st_mode &&
			     now.st_mtim.tv_sec == canary_status.st_mtim.tv_sec &&
			     now.st_mtim.tv_nsec == canary_status.st_mtim.tv_nsec,
		     "the canary is unchanged");
}

/* ---- making entries ---- */

static int home_fd;

static void form_name(struct input *input, char *to, size_t room)
{
	static const char *const forms[] = {
		"t_AAAAAAAAAAAA_1",
		"t_AAAAAAAAAAAA_999999",
		"+_BBBBBBBBBBBB_1",
		"a_b_c",
		"(_x_1",
		".fsps",
		"tmp",
		".n-AAAAAAAAAAAA-1",
		".x-AAAAAAAAAAAA-1",
		"queue",
		".c",
		"1795188226178418",
		"5",
		".m-AAAAAAAAAAAA-7",
		".d-id-0-5",
		".i-AAAAAAAAAAAA-5",
		"seq",
		"w-AAAAAAAAAAAA",
		"t_AAAAAAAAAAAA_1/queue",
		"t_AAAAAAAAAAAA_1/.c",
		"t_AAAAAAAAAAAA_1/5",
		".fsps/seq",
		".fsps/w-AAAAAAAAAAAA",
		"tmp/.i-AAAAAAAAAAAA-5",
		".x-AAAAAAAAAAAA-1/5",
		"t_AAAAAAAAAAAA_1/6",
		"tmp/5",
	};
	uint8_t form = next_byte(input);
	size_t used = 0;

	if (form < sizeof forms / sizeof forms[0]) {
		snprintf(to, room, "%s", forms[form]);
		return;
	}
	/* A name of its own: printable, never a path that leads out. */
	for (size_t n = form % 32; n > 0 && used < room - 1; n--) {
		uint8_t byte = next_byte(input);

		to[used++] = byte < 33 || byte > 126 || byte == '/' ? '_' : (char)byte;
	}
	to[used] = '\0';
}

static void make_file(const char *name, struct input *input)
{
	uint8_t length = next_byte(input);
	int fd = openat(home_fd, name, O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

	if (fd < 0)
		return;
	if (length == 255)
		(void)!ftruncate(fd, (off_t)1 << 29);
	for (; length > 0 && input->left > 0; length--) {
		uint8_t byte = next_byte(input);

		(void)!write(fd, &byte, 1);
	}
	close(fd);
}

static void make_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if ((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s/home/%s",
			     fuzz_directory(), name) < sizeof address.sun_path)
		(void)bind(fd, (struct sockaddr *)&address, sizeof address);
	close(fd);
}

static void make_entry(struct input *input)
{
	char name[256];
	uint8_t kind = next_byte(input) % 7;

	form_name(input, name, sizeof name);
	switch (kind) {
	case 0:
	case 1:
		(void)mkdirat(home_fd, name, 0700);
		break;
	case 2:
		make_file(name, input);
		break;
	case 3:
		(void)mkfifoat(home_fd, name, 0600);
		break;
	case 4:
		(void)symlinkat(canary_directory, home_fd, name);
		break;
	case 5:
		(void)symlinkat(canary_file, home_fd, name);
		break;
	default:
		make_socket(name);
		break;
	}
}

/* ---- using it ---- */

static int see(const struct fsps_channel_info *info, void *userdata)
{
	(void)userdata;
	fuzz_require(info->name[0] != '\0' && info->pattern[0] != '\0', "a channel has a name");
	return 0;
}

static void publish(fsps_bus *bus, int *ret_reached)
{
	fsps_publisher *publisher;

	fuzz_require(fsps_publisher_open(bus, NULL, &publisher) == 0, "a publisher opens");
	for (int i = 0; i < 2; i++)
		if (fsps_publish(publisher, "t", NULL, "payload", 7, NULL) > 0)
			(*ret_reached)++;
	fsps_publisher_close(publisher);
}

/* Somebody's files in a channel that we read. */
static void spoil(fsps_channel *channel, const uint8_t *data, size_t size)
{
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/5", fsps_channel_name(channel));
	fd = openat(home_fd, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	(void)!write(fd, data, size);
	close(fd);
	snprintf(path, sizeof path, "%s/6", fsps_channel_name(channel));
	(void)symlinkat(canary_file, home_fd, path);
}

static void subscribe(fsps_bus *bus, const uint8_t *data, size_t size)
{
	fsps_channel *channel = NULL;
	fsps_message *message;
	int reached = 0;
	int good = 0;

	if (fsps_channel_open(bus, "t", NULL, &channel) < 0)
		return;
	spoil(channel, data, size);
	publish(bus, &reached);
	fuzz_require(reached == 2, "a living channel is reached whatever lies around");
	while (fsps_channel_fetch(channel, &message) == 1) {
		good++;
		fsps_message_unref(message);
	}
	fuzz_require(good == 2, "just what was published comes through");
	fsps_channel_close(channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.data = data, .left = size};
	fsps_bus *bus;
	int reached = 0;

	if (size > 2048)
		return 0;
	plant_canary();
	bus = fuzz_bus();
	fuzz_empty_home();
	home_fd = open(fsps_bus_home(bus), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int entries = 0; entries < 64 && input.left > 0; entries++)
		make_entry(&input);
	(void)fsps_bus_list(bus, see, NULL);
	publish(bus, &reached);
	subscribe(bus, data, size);
	(void)fsps_bus_list(bus, see, NULL);
	fsps_bus_close(bus);
	close(home_fd);
	check_canary();
	return 0;
}
