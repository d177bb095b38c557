/* SPDX-License-Identifier: MIT */
/* How segments' links are called: what a name says, and which names are none. */
#include <check.h>
#include <string.h>

#include "store/names.h"
#include "unit/check_main.h"

static const struct {
	const char *name;
	uint64_t key;
	uint64_t offset;
} good_names[] = {
	{".s-1-64", 1, 64},
	{".s-1795188226178418-64", UINT64_C(1795188226178418), 64},
	{".s-9007199254740991-9007199254740991", UINT64_C(9007199254740991),
	 UINT64_C(9007199254740991)},
};

START_TEST(a_segments_name_says_its_key_and_offset)
{
	char name[FSI_NAME_BYTES];
	uint64_t offset = 0;
	uint64_t key = 0;

	ck_assert(fsi_segment_name_parse(good_names[_i].name, &key, &offset));
	ck_assert_uint_eq(key, good_names[_i].key);
	ck_assert_uint_eq(offset, good_names[_i].offset);
	fsi_segment_name_format(name, key, offset);
	ck_assert_str_eq(name, good_names[_i].name);
}
END_TEST

static const char *const bad_names[] = {
	"",
	".s-",
	".s-1",
	".s-1-",
	".s--64",
	".s-1-64-",
	".s-1-64-64",
	".s-0-64",
	".s-1-0",
	".s-01-64",
	".s-1-064",
	".s-+1-64",
	".s--1-64",
	".s-1--64",
	".s- 1-64",
	".s-1-64 ",
	".s-1-64\n",
	".s-0x1-64",
	".s-1e3-64",
	".s-9007199254740992-64",
	".s-1-9007199254740992",
	".s-18446744073709551617-64",
	".s-1-18446744073709551680",
	".s-00000000000000000000000000000000000001-64",
	".s-111111111111111111111111111111111111111-64",
	".S-1-64",
	"s-1-64",
	".m-1-64",
	".s-AbCdEfGhIjKl-64",
};

START_TEST(a_name_that_is_no_segments_is_told)
{
	uint64_t offset = 5;
	uint64_t key = 5;

	ck_assert_msg(!fsi_segment_name_parse(bad_names[_i], &key, &offset), "%s", bad_names[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment_name");
	TCase *tcase = tcase_create("segment_name");

	tcase_add_loop_test(tcase, a_segments_name_says_its_key_and_offset, 0,
			    (int)(sizeof good_names / sizeof good_names[0]));
	tcase_add_loop_test(tcase, a_name_that_is_no_segments_is_told, 0,
			    (int)(sizeof bad_names / sizeof bad_names[0]));
	suite_add_tcase(suite, tcase);
	return check_main(suite);
}
