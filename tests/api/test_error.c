/* SPDX-License-Identifier: MIT */
/* Errors through the public API: codes, the last error, and what a log callback is told. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/fixture.h"
#include "unit/check_main.h"

enum { LAST_CODE = FSPS_ERR_FORBIDDEN };

START_TEST(every_code_has_a_name_a_sentence_and_a_remedy_of_its_own)
{
	for (int code = FSPS_OK; code >= LAST_CODE; code--) {
		ck_assert_int_eq(strncmp(fsps_error_name(code), "FSPS_", 5), 0);
		ck_assert_str_ne(fsps_error_name(code), fsps_error_name(LAST_CODE - 1));
		ck_assert_uint_gt(strlen(fsps_strerror(code)), 3);
		ck_assert_uint_gt(strlen(fsps_error_remedy(code)), 3);
		for (int other = code - 1; other >= LAST_CODE; other--) {
			ck_assert_str_ne(fsps_error_name(code), fsps_error_name(other));
			ck_assert_str_ne(fsps_strerror(code), fsps_strerror(other));
		}
	}
	ck_assert_str_eq(fsps_error_name(FSPS_ERR_NO_SPACE), "FSPS_ERR_NO_SPACE");
	ck_assert_str_eq(fsps_error_name(FSPS_OK), "FSPS_OK");
}
END_TEST

START_TEST(what_is_no_code_is_called_unknown)
{
	static const int strange[] = {1, LAST_CODE - 1, -1000, 1 << 30};

	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		ck_assert_ptr_nonnull(strstr(fsps_error_name(strange[i]), "UNKNOWN"));
		ck_assert_ptr_nonnull(strstr(fsps_strerror(strange[i]), "unknown"));
		ck_assert_ptr_nonnull(fsps_error_remedy(strange[i]));
	}
}
END_TEST

START_TEST(the_version_is_that_of_the_headers)
{
	char numbers[32];

	snprintf(numbers, sizeof numbers, "%d.%d.%d", FSPS_VERSION_MAJOR, FSPS_VERSION_MINOR,
		 FSPS_VERSION_PATCH);
	ck_assert_str_eq(fsps_version(), FSPS_VERSION);
	ck_assert_str_eq(fsps_version(), numbers);
}
END_TEST

START_TEST(before_any_failure_there_is_no_error)
{
	ck_assert_int_eq(fsps_last_error()->code, FSPS_OK);
	ck_assert_str_eq(fsps_last_error()->path, "");
	ck_assert_ptr_nonnull(fsps_last_error()->text);
}
END_TEST

START_TEST(a_failed_system_call_leaves_its_errno_path_and_sentence)
{
	char name[300];
	struct fsps_bus_options options = {.size = sizeof options, .home = name};
	fsps_bus *bus = NULL;

	memset(name, 'n', sizeof name);
	name[0] = '/';
	name[299] = '\0';
	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_ERR_IO);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_IO);
	ck_assert_int_eq(fsps_last_error()->system_errno, ENAMETOOLONG);
	ck_assert_str_eq(fsps_last_error()->path, name);
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, name));
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, strerror(ENAMETOOLONG)));
	ck_assert_ptr_null(strchr(fsps_last_error()->text, '\n'));
	fsps_bus_close(bus);
}
END_TEST

START_TEST(success_leaves_the_last_error_and_a_failure_of_ours_has_no_errno)
{
	ck_assert_int_eq(fsps_topic_check("a b"), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_last_error()->system_errno, 0);
	ck_assert_int_eq(fsps_topic_check("a.b"), FSPS_OK);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_TOPIC);
	ck_assert_str_eq(fsps_last_error()->path, "a b");
}
END_TEST

static void *fail_otherwise(void *userdata)
{
	(void)userdata;
	ck_assert_int_eq(fsps_last_error()->code, FSPS_OK);
	ck_assert_int_eq(fsps_pattern_check("*"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_PATTERN);
	return NULL;
}

START_TEST(each_thread_has_a_last_error_of_its_own)
{
	pthread_t thread;

	ck_assert_int_eq(fsps_topic_check("a b"), FSPS_ERR_TOPIC);
	ck_assert_int_eq(pthread_create(&thread, NULL, fail_otherwise, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_TOPIC);
}
END_TEST

/* ---- no descriptors ---- */

START_TEST(without_descriptors_each_call_says_so_and_recovers)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_publisher *late = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_channel *other = NULL;
	fsps_message *message = NULL;
	struct rlimit limit;
	bool in_segment = fixture_lane() == FIXTURE_LANE_FAST;
	int taken[64];
	int count = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(fixture_publish(publisher, "a", "1"), 1);
	while (count < 64 && (taken[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		count++;
	ck_assert_int_lt(count, 64);
	ck_assert_int_eq(fsps_channel_open(bus, "b", NULL, &other), FSPS_ERR_LIMIT);
	ck_assert_ptr_null(other);
	ck_assert_int_eq(fixture_publish(late, "a", "2"), FSPS_ERR_LIMIT);
	ck_assert_int_eq(fsps_last_error()->system_errno, EMFILE);
	/* Into a segment that it has it publishes with none. */
	ck_assert_int_eq(fixture_publish(publisher, "a", "2"), in_segment ? 1 : FSPS_ERR_LIMIT);
	ck_assert_int_eq(fsps_last_error()->system_errno, EMFILE);
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), FSPS_ERR_LIMIT);
	ck_assert_ptr_null(message);
	while (count > 0)
		close(taken[--count]);
	/* The message stayed. */
	fixture_expect(channel, "1");
	if (in_segment)
		fixture_expect(channel, "2");
	ck_assert_int_eq(fixture_publish(publisher, "a", "3"), 1);
	fixture_expect(channel, "3");
	ck_assert_int_eq(fixture_publish(late, "a", "4"), 1);
	fixture_expect(channel, "4");
	ck_assert_uint_eq(fixture_count(fixture_home, ".n-"), 0);
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
	fsps_channel_close(channel);
	fsps_publisher_close(late);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

/* ---- the log ---- */

struct log {
	int warnings;
	int debugs;
	char last_warning[1024];
};

static void note(enum fsps_log_level level, const char *text, void *userdata)
{
	struct log *log = userdata;

	ck_assert_uint_gt(strlen(text), 0);
	ck_assert_ptr_null(strchr(text, '\n'));
	if (level == FSPS_LOG_DEBUG) {
		log->debugs++;
		return;
	}
	ck_assert_int_eq(level, FSPS_LOG_WARNING);
	log->warnings++;
	snprintf(log->last_warning, sizeof log->last_warning, "%s", text);
}

START_TEST(a_log_callback_hears_of_subscribing_and_of_bad_files)
{
	struct log log = {0};
	struct fsps_bus_options options = {
		.size = sizeof options, .home = fixture_home, .log = note, .log_userdata = &log};
	fsps_channel *channel;
	fsps_bus *bus = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	channel = fixture_subscribe(bus, "a");
	ck_assert_int_ge(log.debugs, 1);
	ck_assert_int_eq(log.warnings, 0);
	fixture_write(fixture_path("%s/5", fsps_channel_name(channel)), "no message", 10);
	fixture_expect_nothing(channel);
	ck_assert_int_eq(log.warnings, 1);
	ck_assert_ptr_nonnull(strstr(log.last_warning, fsps_channel_name(channel)));
	ck_assert_ptr_nonnull(strstr(log.last_warning, "/5"));
	ck_assert_ptr_nonnull(strstr(log.last_warning, "corrupt"));
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("error");
	TCase *tcase = fixture_tcase(suite, "error");

	tcase_add_test(tcase, every_code_has_a_name_a_sentence_and_a_remedy_of_its_own);
	tcase_add_test(tcase, what_is_no_code_is_called_unknown);
	tcase_add_test(tcase, the_version_is_that_of_the_headers);
	tcase_add_test(tcase, before_any_failure_there_is_no_error);
	tcase_add_test(tcase, a_failed_system_call_leaves_its_errno_path_and_sentence);
	tcase_add_test(tcase, success_leaves_the_last_error_and_a_failure_of_ours_has_no_errno);
	tcase_add_test(tcase, each_thread_has_a_last_error_of_its_own);
	tcase_add_test(tcase, without_descriptors_each_call_says_so_and_recovers);
	tcase_add_test(tcase, a_log_callback_hears_of_subscribing_and_of_bad_files);
	return check_main(suite);
}
