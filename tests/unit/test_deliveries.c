/* SPDX-License-Identifier: MIT */
/* The table of what was handed out: its numbers, its limit, and the lists of a segment's frames. */
#include <stdlib.h>

#include <fsps/error.h>

#include "claim/deliveries.h"
#include "unit/check_main.h"

enum { MOST = 1000 };

static struct fsi_deliveries table;

static void set_up(void)
{
	fsi_deliveries_init(&table, MOST);
}

static void tear_down(void)
{
	fsi_deliveries_deinit(&table);
}

static struct fsi_delivery *add(enum fsi_delivery_state state)
{
	ck_assert_int_eq(fsi_deliveries_make_room(&table), 0);
	return fsi_deliveries_add(&table, state);
}

static uint64_t add_number(void)
{
	return fsi_deliveries_number(&table, add(FSI_DELIVERY_FILE));
}

/* ---- numbers ---- */

START_TEST(a_delivery_is_found_by_its_number)
{
	uint64_t numbers[MOST];

	for (int i = 0; i < MOST; i++) {
		numbers[i] = add_number();
		ck_assert_uint_ne(numbers[i], 0);
		for (int k = 0; k < i; k++)
			ck_assert_uint_ne(numbers[k], numbers[i]);
	}
	/* Also after the table has moved, as it grew. */
	for (int i = 0; i < MOST; i++) {
		struct fsi_delivery *delivery = fsi_deliveries_find(&table, numbers[i]);

		ck_assert_ptr_nonnull(delivery);
		ck_assert_uint_eq(fsi_deliveries_number(&table, delivery), numbers[i]);
		ck_assert(fsi_deliveries_is_ours(&table, numbers[i]));
	}
	ck_assert_uint_eq(table.count, MOST);
}
END_TEST

START_TEST(a_number_of_a_delivery_that_is_over_finds_nothing)
{
	uint64_t number = add_number();

	fsi_deliveries_remove(&table, fsi_deliveries_find(&table, number));
	ck_assert_ptr_null(fsi_deliveries_find(&table, number));
	ck_assert(fsi_deliveries_is_ours(&table, number));
	ck_assert_uint_eq(table.count, 0);
}
END_TEST

START_TEST(a_slot_that_is_used_again_has_another_number)
{
	uint64_t former = add_number();

	for (int i = 0; i < 5000; i++) {
		uint64_t number;

		fsi_deliveries_remove(&table, fsi_deliveries_find(&table, former));
		number = add_number();
		ck_assert_uint_eq(number & 0xffff, former & 0xffff);
		ck_assert_ptr_null(fsi_deliveries_find(&table, former));
		ck_assert_ptr_nonnull(fsi_deliveries_find(&table, number));
		former = number;
	}
}
END_TEST

START_TEST(a_renewed_delivery_is_not_found_by_its_former_number)
{
	struct fsi_delivery *delivery = add(FSI_DELIVERY_FRAME);
	uint64_t former = fsi_deliveries_number(&table, delivery);

	fsi_deliveries_renew(&table, delivery);
	ck_assert_ptr_null(fsi_deliveries_find(&table, former));
	ck_assert_ptr_eq(fsi_deliveries_find(&table, fsi_deliveries_number(&table, delivery)),
			 delivery);
}
END_TEST

START_TEST(numbers_that_nobody_gave_find_nothing)
{
	uint64_t number = add_number();

	/* Another slot, one that there is not, another use of it. */
	ck_assert_ptr_null(fsi_deliveries_find(&table, number ^ 1));
	ck_assert_ptr_null(fsi_deliveries_find(&table, number | 0xffff));
	ck_assert_ptr_null(fsi_deliveries_find(&table, number ^ (UINT64_C(1) << 16)));
	ck_assert_ptr_null(fsi_deliveries_find(&table, number ^ (UINT64_C(1) << 47)));
	ck_assert(!fsi_deliveries_is_ours(&table, number ^ (UINT64_C(1) << 48)));
	ck_assert(!fsi_deliveries_is_ours(&table, 0));
}
END_TEST

START_TEST(an_empty_table_finds_nothing)
{
	ck_assert_ptr_null(fsi_deliveries_find(&table, (uint64_t)table.tag << 48));
	ck_assert_ptr_null(fsi_deliveries_at(&table, 0));
}
END_TEST

START_TEST(tables_tell_their_numbers_apart)
{
	enum { TABLES = 20 };
	unsigned same = 0;

	for (int i = 0; i < TABLES; i++) {
		struct fsi_deliveries other;

		fsi_deliveries_init(&other, 1);
		ck_assert_uint_ne(other.tag, 0);
		same += other.tag == table.tag;
		fsi_deliveries_deinit(&other);
	}
	/* 32,768 tags are drawn from. */
	ck_assert_uint_lt(same, 3);
}
END_TEST

/* ---- the limit ---- */

START_TEST(no_more_than_the_limit_are_added)
{
	struct fsi_deliveries small;
	struct fsi_delivery *delivery = NULL;
	const uint32_t most = (uint32_t[]){1, 2, 63, 64, 65, 127, 128, FSI_DELIVERIES_MAX}[_i];

	fsi_deliveries_init(&small, most);
	for (uint32_t i = 0; i < most; i++) {
		ck_assert_int_eq(fsi_deliveries_make_room(&small), 0);
		delivery = fsi_deliveries_add(&small, FSI_DELIVERY_FILE);
	}
	ck_assert_uint_eq(small.count, most);
	ck_assert_int_eq(fsi_deliveries_make_room(&small), FSPS_ERR_BUSY);
	ck_assert_int_eq(fsi_deliveries_make_room(&small), FSPS_ERR_BUSY);
	fsi_deliveries_remove(&small, delivery);
	ck_assert_int_eq(fsi_deliveries_make_room(&small), 0);
	(void)fsi_deliveries_add(&small, FSI_DELIVERY_FILE);
	ck_assert_int_eq(fsi_deliveries_make_room(&small), FSPS_ERR_BUSY);
	fsi_deliveries_deinit(&small);
}
END_TEST

START_TEST(room_that_was_made_twice_is_one)
{
	ck_assert_int_eq(fsi_deliveries_make_room(&table), 0);
	ck_assert_int_eq(fsi_deliveries_make_room(&table), 0);
	ck_assert_uint_eq(table.count, 0);
	ck_assert_uint_lt(table.capacity, MOST);
}
END_TEST

/* ---- held ones ---- */

START_TEST(held_ones_are_counted_and_nobody_settles_them)
{
	struct fsi_delivery *delivery = add(FSI_DELIVERY_FRAME);
	uint64_t number = fsi_deliveries_number(&table, delivery);

	fsi_deliveries_set_held(&table, delivery, true);
	ck_assert_uint_eq(table.held, 1);
	ck_assert_uint_eq(table.count, 1);
	ck_assert_ptr_null(fsi_deliveries_find(&table, number));
	fsi_deliveries_set_held(&table, delivery, false);
	ck_assert_uint_eq(table.held, 0);
	ck_assert_ptr_eq(fsi_deliveries_find(&table, number), delivery);
	fsi_deliveries_set_held(&table, delivery, true);
	fsi_deliveries_remove(&table, delivery);
	ck_assert_uint_eq(table.held, 0);
	ck_assert_uint_eq(table.count, 0);
}
END_TEST

/* ---- a segment's list ---- */

enum { LISTED = 200 };

/* Adds frames at offsets 1 to LISTED to a segment's list. Their numbers, as the table moves. */
static void list_all(struct fsi_view *view, uint64_t *ret_numbers)
{
	for (size_t i = 0; i < LISTED; i++) {
		struct fsi_delivery *delivery = add(FSI_DELIVERY_FRAME);

		delivery->view = view;
		delivery->offset = i + 1;
		fsi_deliveries_append(&table, delivery);
		ret_numbers[i] = fsi_deliveries_number(&table, delivery);
	}
}

/* The list has just those offsets, in that order, forwards and backwards. */
static void expect_list(const struct fsi_view *view, const bool *is_listed)
{
	const struct fsi_delivery *delivery = fsi_deliveries_at(&table, view->first_unsettled);
	size_t last = 0;

	for (size_t i = 0; i < LISTED; i++) {
		if (!is_listed[i])
			continue;
		ck_assert_ptr_nonnull(delivery);
		ck_assert_uint_eq(delivery->offset, i + 1);
		delivery = fsi_deliveries_at(&table, delivery->next);
		last = i + 1;
	}
	ck_assert_ptr_null(delivery);
	delivery = fsi_deliveries_at(&table, view->last_unsettled);
	ck_assert_uint_eq(delivery == NULL ? 0 : delivery->offset, last);
	for (size_t i = LISTED; i-- > 0;) {
		if (!is_listed[i])
			continue;
		ck_assert_uint_eq(delivery->offset, i + 1);
		delivery = fsi_deliveries_at(&table, delivery->previous);
	}
	ck_assert_ptr_null(delivery);
}

START_TEST(a_segments_list_keeps_its_order_whatever_is_taken_out)
{
	/* From the front, from the back, from the middle, all over. */
	static const size_t strides[] = {1, LISTED - 1, 99, 37};
	static const size_t starts[] = {0, LISTED - 1, 100, 5};
	struct fsi_view view = {.first_unsettled = 0};
	uint64_t numbers[LISTED];
	bool is_listed[LISTED];

	list_all(&view, numbers);
	for (size_t i = 0; i < LISTED; i++)
		is_listed[i] = true;
	expect_list(&view, is_listed);
	for (size_t i = 0; i < LISTED; i++) {
		size_t k = (starts[_i] + i * strides[_i]) % LISTED;
		struct fsi_delivery *delivery = fsi_deliveries_find(&table, numbers[k]);

		fsi_deliveries_unlist(&table, delivery);
		fsi_deliveries_remove(&table, delivery);
		is_listed[k] = false;
		expect_list(&view, is_listed);
	}
	ck_assert_uint_eq(view.first_unsettled, 0);
	ck_assert_uint_eq(view.last_unsettled, 0);
	ck_assert_uint_eq(table.count, 0);
}
END_TEST

START_TEST(lists_of_two_segments_are_apart)
{
	struct fsi_view views[2] = {{.first_unsettled = 0}, {.first_unsettled = 0}};

	for (size_t i = 0; i < 100; i++) {
		struct fsi_delivery *delivery = add(FSI_DELIVERY_FRAME);

		delivery->view = &views[i % 2];
		delivery->offset = i;
		fsi_deliveries_append(&table, delivery);
	}
	for (size_t v = 0; v < 2; v++) {
		const struct fsi_delivery *delivery =
			fsi_deliveries_at(&table, views[v].first_unsettled);

		for (size_t i = v; i < 100; i += 2) {
			ck_assert_ptr_eq(delivery->view, &views[v]);
			ck_assert_uint_eq(delivery->offset, i);
			delivery = fsi_deliveries_at(&table, delivery->next);
		}
		ck_assert_ptr_null(delivery);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("deliveries");
	TCase *tcase = tcase_create("deliveries");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_delivery_is_found_by_its_number);
	tcase_add_test(tcase, a_number_of_a_delivery_that_is_over_finds_nothing);
	tcase_add_test(tcase, a_slot_that_is_used_again_has_another_number);
	tcase_add_test(tcase, a_renewed_delivery_is_not_found_by_its_former_number);
	tcase_add_test(tcase, numbers_that_nobody_gave_find_nothing);
	tcase_add_test(tcase, an_empty_table_finds_nothing);
	tcase_add_test(tcase, tables_tell_their_numbers_apart);
	tcase_add_loop_test(tcase, no_more_than_the_limit_are_added, 0, 8);
	tcase_add_test(tcase, room_that_was_made_twice_is_one);
	tcase_add_test(tcase, held_ones_are_counted_and_nobody_settles_them);
	tcase_add_loop_test(tcase, a_segments_list_keeps_its_order_whatever_is_taken_out, 0, 4);
	tcase_add_test(tcase, lists_of_two_segments_are_apart);
	return check_main(suite);
}
