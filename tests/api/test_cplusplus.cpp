/* SPDX-License-Identifier: MIT */
/* The public headers from C++: they compile without a warning, link with C linkage, and work. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <unistd.h>

#include <fsps/fsps.h>

namespace
{

int end_loop(fsps_message *message, void *userdata)
{
	std::size_t length = 0;
	const void *payload = fsps_message_payload(message, &length);

	static_cast<std::string *>(userdata)->assign(static_cast<const char *>(payload), length);
	return 1;
}

bool round_trip(const std::string &home)
{
	struct fsps_bus_options options = {};
	fsps_publisher *publisher = nullptr;
	fsps_channel *channel = nullptr;
	fsps_bus *bus = nullptr;
	std::string received;
	bool done;

	options.size = sizeof options;
	options.home = home.c_str();
	if (fsps_bus_open(&options, &bus) != FSPS_OK ||
	    fsps_channel_open(bus, "a.=", nullptr, &channel) != FSPS_OK ||
	    fsps_publisher_open(bus, nullptr, &publisher) != FSPS_OK) {
		std::printf("# %s\n", fsps_last_error()->text);
		return false;
	}
	done = fsps_publish(publisher, "a.b", nullptr, "hello", 5, nullptr) == 1 &&
	       fsps_subscribe(channel, end_loop, &received, FSPS_FOREVER) == 1 &&
	       received == "hello";
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return done;
}

} // namespace

int main()
{
	char place[] = "/tmp/fsps-test-XXXXXX";
	bool passed;
	int removed;

	if (mkdtemp(place) == nullptr)
		return 1;
	passed = round_trip(std::string(place) + "/home");
	std::printf("%s 1 - a C++ program publishes and subscribes\n", passed ? "ok" : "not ok");
	std::printf("1..1\n");
	removed = std::system((std::string("rm -rf ") + place).c_str());
	return passed && removed == 0 ? 0 : 1;
}
