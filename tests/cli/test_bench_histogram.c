/* SPDX-License-Identifier: MIT */
/* The histogram of pubsub-bench: where values go, and what percentiles come out. */
#include "bench/histogram.h"

#include "unit/check_main.h"

static struct bench_histogram histogram;

static void empty(void)
{
	histogram = (struct bench_histogram){0};
}

START_TEST(buckets_follow_each_other_without_gap_or_overlap)
{
	for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		uint64_t from_ns = bench_histogram_from_ns(i);
		uint64_t to_ns = bench_histogram_from_ns(i + 1);

		ck_assert_uint_lt(from_ns, to_ns);
		ck_assert_uint_eq(bench_histogram_bucket(from_ns), i);
		ck_assert_uint_eq(bench_histogram_bucket(to_ns - 1), i);
	}
}
END_TEST

START_TEST(a_bucket_is_narrower_than_0_8_percent_of_its_values)
{
	for (size_t i = 128; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		uint64_t from_ns = bench_histogram_from_ns(i);

		ck_assert_uint_le((bench_histogram_from_ns(i + 1) - from_ns) * 128, from_ns);
	}
}
END_TEST

START_TEST(what_is_too_long_goes_into_the_last_bucket_and_keeps_its_maximum)
{
	empty();
	bench_histogram_add(&histogram, INT64_MAX);
	bench_histogram_add(&histogram, 5);
	ck_assert_uint_eq(histogram.buckets[BENCH_HISTOGRAM_BUCKETS - 1], 1);
	ck_assert_uint_eq(histogram.max_ns, INT64_MAX);
	ck_assert_uint_eq(bench_histogram_quantile_ns(&histogram, 1), INT64_MAX);
}
END_TEST

START_TEST(what_is_below_zero_counts_as_zero)
{
	empty();
	bench_histogram_add(&histogram, -7);
	ck_assert_uint_eq(histogram.count, 1);
	ck_assert_uint_eq(histogram.max_ns, 0);
	ck_assert_uint_eq(histogram.buckets[0], 1);
}
END_TEST

START_TEST(an_empty_one_has_zero_everywhere)
{
	empty();
	ck_assert_uint_eq(bench_histogram_quantile_ns(&histogram, 0.5), 0);
	ck_assert_uint_eq(bench_histogram_quantile_ns(&histogram, 1), 0);
}
END_TEST

static const struct {
	double share;
	uint64_t exact;
} quantiles[] = {
	{0, 1}, {0.5, 5000}, {0.9, 9000}, {0.99, 9900}, {0.999, 9990}, {0.9999, 9999}, {1, 10000},
};

START_TEST(percentiles_are_right_to_within_a_bucket)
{
	uint64_t exact = quantiles[_i].exact;
	uint64_t found;

	empty();
	for (int ns = 1; ns <= 10000; ns++)
		bench_histogram_add(&histogram, ns);
	found = bench_histogram_quantile_ns(&histogram, quantiles[_i].share);
	ck_assert_uint_ge(found, exact);
	ck_assert_uint_le(found, exact + exact / 128);
}
END_TEST

START_TEST(percentiles_never_fall)
{
	uint64_t before = 0;

	empty();
	for (int i = 0; i < 1000; i++)
		bench_histogram_add(&histogram, (int64_t)i * i * i);
	for (int i = 0; i <= 100; i++) {
		uint64_t found = bench_histogram_quantile_ns(&histogram, i / 100.0);

		ck_assert_uint_ge(found, before);
		before = found;
	}
	ck_assert_uint_eq(before, histogram.max_ns);
}
END_TEST

START_TEST(one_value_is_every_percentile)
{
	empty();
	bench_histogram_add(&histogram, 123456789);
	ck_assert_uint_eq(histogram.min_ns, 123456789);
	ck_assert_uint_eq(bench_histogram_quantile_ns(&histogram, 0.01), 123456789);
	ck_assert_uint_eq(bench_histogram_quantile_ns(&histogram, 1), 123456789);
}
END_TEST

START_TEST(merging_is_as_if_all_had_been_added_to_one)
{
	static struct bench_histogram other;
	static struct bench_histogram both;

	empty();
	other = both = (struct bench_histogram){0};
	for (int i = 0; i < 1000; i++) {
		bench_histogram_add(i % 3 == 0 ? &histogram : &other, 7 * i + 3);
		bench_histogram_add(&both, 7 * i + 3);
	}
	bench_histogram_merge(&histogram, &other);
	ck_assert_mem_eq(&histogram, &both, sizeof both);
}
END_TEST

START_TEST(merging_an_empty_one_changes_nothing)
{
	static struct bench_histogram other;

	empty();
	bench_histogram_add(&histogram, 40);
	bench_histogram_merge(&histogram, &other);
	ck_assert_uint_eq(histogram.min_ns, 40);
	bench_histogram_merge(&other, &histogram);
	ck_assert_uint_eq(other.min_ns, 40);
	ck_assert_uint_eq(other.count, 1);
}
END_TEST

START_TEST(what_lies_between_is_counted_once)
{
	empty();
	for (int ns = 0; ns < 4096; ns++)
		bench_histogram_add(&histogram, ns);
	ck_assert_uint_eq(bench_histogram_between(&histogram, 0, 1024), 1024);
	ck_assert_uint_eq(bench_histogram_between(&histogram, 1024, 2048), 1024);
	ck_assert_uint_eq(bench_histogram_between(&histogram, 2048, UINT64_MAX), 2048);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli bench histogram");
	TCase *tcase = tcase_create("histogram");

	tcase_add_test(tcase, buckets_follow_each_other_without_gap_or_overlap);
	tcase_add_test(tcase, a_bucket_is_narrower_than_0_8_percent_of_its_values);
	tcase_add_test(tcase, what_is_too_long_goes_into_the_last_bucket_and_keeps_its_maximum);
	tcase_add_test(tcase, what_is_below_zero_counts_as_zero);
	tcase_add_test(tcase, an_empty_one_has_zero_everywhere);
	tcase_add_loop_test(tcase, percentiles_are_right_to_within_a_bucket, 0,
			    (int)(sizeof quantiles / sizeof *quantiles));
	tcase_add_test(tcase, percentiles_never_fall);
	tcase_add_test(tcase, one_value_is_every_percentile);
	tcase_add_test(tcase, merging_is_as_if_all_had_been_added_to_one);
	tcase_add_test(tcase, merging_an_empty_one_changes_nothing);
	tcase_add_test(tcase, what_lies_between_is_counted_once);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
