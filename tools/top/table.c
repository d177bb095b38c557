/* SPDX-License-Identifier: MIT */
/* Implements top/table.h. */
#include "top/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/clock.h"
#include "cli/human.h"
#include "cli/json.h"

enum { US_PER_S = 1000000 };

/* Exact so far; above it is rounded to three digits and a unit. */
#define COUNT_EXACT 9999999

static void row_deinit(struct top_row *row)
{
	free(row->name);
	free(row->id);
}

void top_table_begin(struct top_table *table, const struct top_column *columns, size_t count)
{
	for (size_t i = 0; i < table->count; i++)
		row_deinit(&table->rows[i]);
	table->count = 0;
	table->columns = columns;
	table->columns_count = count;
}

void top_table_deinit(struct top_table *table)
{
	top_table_begin(table, NULL, 0);
	free(table->rows);
	*table = (struct top_table){0};
}

static void make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

struct top_row *top_table_add(struct top_table *table, const char *name, const char *id)
{
	struct top_row *row;

	if (table->count == table->capacity) {
		size_t capacity = 2 * table->capacity + 16;
		struct top_row *grown = reallocarray(table->rows, capacity, sizeof *grown);

		if (grown == NULL)
			return NULL;
		table->rows = grown;
		table->capacity = capacity;
	}
	row = &table->rows[table->count];
	*row = (struct top_row){.name = strdup(name), .id = id == NULL ? NULL : strdup(id)};
	if (row->name == NULL || (id != NULL && row->id == NULL)) {
		row_deinit(row);
		return NULL;
	}
	make_printable(row->name);
	table->count++;
	return row;
}

void top_row_number(struct top_row *row, size_t column, double number)
{
	row->values[column].known = true;
	row->values[column].number = number;
}

void top_row_text(struct top_row *row, size_t column, const char *text)
{
	struct top_value *value = &row->values[column];

	value->known = text[0] != '\0';
	snprintf(value->text, sizeof value->text, "%s", text);
	make_printable(value->text);
}

bool top_column_is_number(const struct top_column *column)
{
	return column->kind != TOP_NAME && column->kind != TOP_TEXT;
}

/* ---- order ---- */

struct order {
	const struct top_column *columns;
	size_t column;
	bool reversed;
};

static int compare_values(const struct top_value *a, const struct top_value *b,
			  const struct order *order)
{
	int result;

	if (!a->known || !b->known)
		return (int)b->known - (int)a->known;
	if (top_column_is_number(&order->columns[order->column]))
		result = (a->number < b->number) - (a->number > b->number);
	else
		result = strcmp(a->text, b->text);
	return order->reversed ? -result : result;
}

static int compare(const void *one, const void *other, void *userdata)
{
	const struct order *order = userdata;
	const struct top_row *a = one;
	const struct top_row *b = other;
	int by_name = strcmp(a->name, b->name);
	int result;

	if (order->columns[order->column].kind == TOP_NAME)
		return order->reversed ? -by_name : by_name;
	result = compare_values(&a->values[order->column], &b->values[order->column], order);
	return result != 0 ? result : by_name;
}

void top_table_sort(struct top_table *table, size_t column, bool reversed)
{
	struct order order = {.columns = table->columns, .column = column, .reversed = reversed};

	if (table->count > 1)
		qsort_r(table->rows, table->count, sizeof *table->rows, compare, &order);
}

int top_column_find(const struct top_column *columns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(columns[i].title, name) == 0 ||
		    strcasecmp(columns[i].field, name) == 0)
			return (int)i;
	}
	return -1;
}

/* ---- text ---- */

/* A counter of a channel may say anything: the largest that there is rounds up to more. */
static uint64_t whole(double number)
{
	return number < (double)UINT64_MAX ? (uint64_t)number : UINT64_MAX;
}

static void count_text(double number, char *ret_text)
{
	if (number <= COUNT_EXACT)
		snprintf(ret_text, TOP_TEXT_BYTES, "%" PRIu64, (uint64_t)number);
	else
		cli_human_number(number, ret_text);
}

const char *top_value_text(const struct top_table *table, const struct top_row *row, size_t column,
			   char *ret_text)
{
	const struct top_value *value = &row->values[column];
	enum top_kind kind = table->columns[column].kind;

	if (kind == TOP_NAME)
		return row->name;
	if (!value->known)
		return "-";
	switch (kind) {
	case TOP_COUNT:
		count_text(value->number, ret_text);
		break;
	case TOP_RATE:
		cli_human_number(value->number, ret_text);
		break;
	case TOP_BYTES:
		cli_human_bytes(whole(value->number), ret_text);
		break;
	case TOP_SECONDS:
		cli_format_span((uint64_t)(value->number * US_PER_S), ret_text);
		break;
	case TOP_NAME:
	case TOP_TEXT:
		return value->text;
	}
	return ret_text;
}

/* ---- JSON ---- */

static void value_json(struct cli_output *output, enum top_kind kind, const struct top_value *value)
{
	if (!value->known)
		return cli_output_text(output, "null");
	switch (kind) {
	case TOP_COUNT:
	case TOP_BYTES:
		return cli_json_unsigned(output, whole(value->number));
	case TOP_RATE:
	case TOP_SECONDS:
		return cli_json_double(output, cli_human_thousandths(value->number));
	case TOP_NAME:
	case TOP_TEXT:
		return cli_json_text(output, value->text);
	}
}

void top_row_json(struct cli_output *output, const struct top_table *table,
		  const struct top_row *row)
{
	cli_output_text(output, "{\"");
	cli_output_text(output, table->columns[0].field);
	cli_output_text(output, "\":");
	cli_json_text(output, row->name);
	if (row->id != NULL) {
		cli_json_put_text(output, "name", row->id);
	}
	for (size_t i = 1; i < table->columns_count; i++) {
		cli_json_field(output, table->columns[i].field);
		value_json(output, table->columns[i].kind, &row->values[i]);
	}
	cli_output_byte(output, '}');
}
