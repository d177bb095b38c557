/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the topic layer. The input is lines: patterns, and a topic as the last one.
 *
 * Oracles: what is a topic or pattern is told again by other means; matching is compared with a
 * table over all beginnings of pattern and topic, and the index with matching each pattern. The
 * lines are used as they are, and once more with their bytes folded to valid ones, so that an
 * input that is none still tests matching.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "topic/index.h"
#include "topic/match.h"
#include "topic/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 40, LINE_BYTES = FSPS_TOPIC_MAX + 2 };

/* A line, cut one byte above the longest topic, with a NUL behind it. */
struct line {
	char text[LINE_BYTES];
	size_t len;
};

static struct line lines[LINES_MAX];
static size_t line_count;

/* Tells that an oracle disagrees, in a way that every fuzzer notices. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the oracles ---- */

static bool is_word_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-';
}

/* Whether a word has the byte, or it is one of the others; NUL is neither. */
static bool is_allowed(char byte, const char *others)
{
	return is_word_byte(byte) || (byte != '\0' && strchr(others, byte) != NULL);
}

static bool slow_valid(const struct line *line, const char *others, size_t len_max)
{
	for (size_t i = 0; i < line->len; i++) {
		if (!is_allowed(line->text[i], others))
			return false;
	}
	return line->len > 0 && line->len <= len_max;
}

static bool slow_takes(char pattern_byte, char byte)
{
	if (pattern_byte == '+')
		return byte == '.' || is_word_byte(byte);
	return pattern_byte == '=' ? is_word_byte(byte) : pattern_byte == byte;
}

/*
 * matched[p][t]: the first p bytes of the pattern match the first t of the topic. The last byte
 * of both is taken either by a pattern byte that took nothing yet, or once more by a wildcard.
 */
static bool slow_match(const struct line *pattern, const struct line *topic)
{
	static bool matched[FSPS_PATTERN_MAX + 1][FSPS_TOPIC_MAX + 1];

	memset(matched, 0, sizeof matched);
	matched[0][0] = true;
	for (size_t p = 1; p <= pattern->len; p++) {
		char byte = pattern->text[p - 1];
		bool repeats = byte == '=' || byte == '+';

		for (size_t t = 1; t <= topic->len; t++)
			matched[p][t] = slow_takes(byte, topic->text[t - 1]) &&
					(matched[p - 1][t - 1] || (repeats && matched[p][t - 1]));
	}
	return matched[pattern->len][topic->len];
}

/* ---- the checks ---- */

static void check_names(const struct line *line)
{
	bool topic = slow_valid(line, ".", FSPS_TOPIC_MAX);
	bool pattern = slow_valid(line, ".=+", FSPS_PATTERN_MAX);

	require(fsi_topic_valid(line->text, line->len) == topic);
	require(fsi_pattern_valid(line->text, line->len) == pattern);
	/* A NUL ends what the checks see. */
	if (strlen(line->text) != line->len)
		return;
	require(fsi_topic_check(line->text) == (topic ? FSPS_OK : FSPS_ERR_TOPIC));
	require(fsi_pattern_check(line->text) == (pattern ? FSPS_OK : FSPS_ERR_PATTERN));
}

static int count_value(uint32_t value, void *userdata)
{
	unsigned *times = userdata;

	require(value < line_count);
	times[value]++;
	return 0;
}

static void check_find(struct fsi_pattern_index *index, const bool *added, const struct line *topic)
{
	unsigned times[LINES_MAX] = {0};

	require(fsi_pattern_index_find(index, topic->text, topic->len, count_value, times) == 0);
	for (size_t i = 0; i < line_count; i++) {
		bool expected =
			added[i] && fsi_match(lines[i].text, lines[i].len, topic->text, topic->len);

		require(times[i] == (expected ? 1 : 0));
	}
}

/* All patterns, then every second, then none, each found by the topic. */
static void check_index(const struct line *topic)
{
	struct fsi_pattern_index index;
	bool added[LINES_MAX] = {false};

	fsi_pattern_index_init(&index);
	for (size_t i = 0; i + 1 < line_count; i++) {
		added[i] = fsi_pattern_valid(lines[i].text, lines[i].len);
		if (added[i])
			require(fsi_pattern_index_add(&index, lines[i].text, lines[i].len,
						      (uint32_t)i) == 0);
	}
	check_find(&index, added, topic);
	for (size_t step = 2; step > 0; step--) {
		for (size_t i = 0; i < line_count; i += step) {
			if (added[i])
				fsi_pattern_index_remove(&index, lines[i].text, lines[i].len,
							 (uint32_t)i);
			added[i] = false;
		}
		check_find(&index, added, topic);
	}
	require(index.pattern_count == 0 && index.roots.literals == 0);
	fsi_pattern_index_deinit(&index);
}

static void check_lines(void)
{
	const struct line *topic = &lines[line_count - 1];

	for (size_t i = 0; i < line_count; i++)
		check_names(&lines[i]);
	if (!fsi_topic_valid(topic->text, topic->len))
		return;
	for (size_t i = 0; i + 1 < line_count; i++) {
		if (fsi_pattern_valid(lines[i].text, lines[i].len))
			require(fsi_match(lines[i].text, lines[i].len, topic->text, topic->len) ==
				slow_match(&lines[i], topic));
	}
	check_index(topic);
}

/* ---- the input ---- */

static void add_line(const uint8_t *begin, size_t len)
{
	struct line *line = &lines[line_count++];

	line->len = len < LINE_BYTES - 1 ? len : LINE_BYTES - 1;
	if (line->len > 0)
		memcpy(line->text, begin, line->len);
	line->text[line->len] = '\0';
}

/* The last line takes what is left, so that a newline in a topic is tried as well. */
static void split_lines(const uint8_t *data, size_t size)
{
	const uint8_t *newline;

	line_count = 0;
	while (line_count < LINES_MAX - 1 && size > 0 &&
	       (newline = memchr(data, '\n', size)) != NULL) {
		size_t len = (size_t)(newline - data);

		add_line(data, len);
		data += len + 1;
		size -= len + 1;
	}
	add_line(data, size);
}

/* Makes a line valid: other bytes become one of a few, and it is cut. */
static void fold(struct line *line, const char *few, size_t len_max)
{
	line->len = line->len < len_max ? line->len : len_max;
	for (size_t i = 0; i < line->len; i++) {
		char byte = line->text[i];

		if (!is_allowed(byte, few))
			line->text[i] = few[(unsigned char)byte % strlen(few)];
	}
	line->text[line->len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	split_lines(data, size);
	check_lines();
	for (size_t i = 0; i + 1 < line_count; i++)
		fold(&lines[i], ".+=ab", FSPS_PATTERN_MAX);
	fold(&lines[line_count - 1], ".ab", FSPS_TOPIC_MAX);
	check_lines();
	return 0;
}
