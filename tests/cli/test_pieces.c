/* SPDX-License-Identifier: MIT */
/* Input cut into pieces: nothing is lost, joined or cut short, however it arrives. */
#include "cli/pieces.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit/check_main.h"

static int file_with(const void *bytes, size_t len)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static const struct {
	const char *input;
	size_t input_len;
	const char *delimiter;
	size_t delimiter_len;
	/* The pieces, joined by '|'. */
	const char *pieces;
	int count;
} inputs[] = {
	{"", 0, "\n", 1, "", 0},
	{"a\nb\n", 4, "\n", 1, "a|b|", 2},
	{"a\nb", 3, "\n", 1, "a|b|", 2},
	{"\n\n", 2, "\n", 1, "||", 2},
	{"\n", 1, "\n", 1, "|", 1},
	{"a\0b\0", 4, "\0", 1, "a|b|", 2},
	{"a--b---c", 8, "--", 2, "a|b|-c|", 3},
	{"ababac", 6, "abac", 4, "ab|", 1},
	{"a\r\nb\n", 5, "\r\n", 2, "a|b\n|", 2},
};

START_TEST(pieces_lie_between_delimiters)
{
	struct cli_pieces pieces;
	char joined[64] = "";
	char *piece;
	size_t len;
	int fd = file_with(inputs[_i].input, inputs[_i].input_len);

	cli_pieces_init(&pieces, fd, inputs[_i].delimiter, inputs[_i].delimiter_len, 1000);
	while (cli_pieces_next(&pieces, &piece, &len) == CLI_PIECE_READY) {
		strncat(joined, piece, len);
		strcat(joined, "|");
	}
	ck_assert_str_eq(joined, inputs[_i].pieces);
	ck_assert_uint_eq(pieces.number, (uint64_t)inputs[_i].count);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_END);
	cli_pieces_deinit(&pieces);
	close(fd);
}
END_TEST

/* Feeds a pipe one byte at a time, so that every delimiter is torn apart. */
START_TEST(a_delimiter_may_arrive_in_parts)
{
	static const char input[] = "one<>two<><>three";
	struct cli_pieces pieces;
	char *piece;
	size_t len;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	cli_pieces_init(&pieces, ends[0], "<>", 2, 1000);
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(write(ends[1], input + i, 1), 1);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
	ck_assert(len == 3 && memcmp(piece, "one", 3) == 0);
	ck_assert(!cli_pieces_ready(&pieces));
	ck_assert_int_eq(write(ends[1], "two<", 4), 4);
	if (fork() == 0) {
		(void)!write(ends[1], "><>three", 8);
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
	ck_assert(len == 3 && memcmp(piece, "two", 3) == 0);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
	ck_assert(len == 5 && memcmp(piece, "three", 5) == 0);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_END);
	cli_pieces_deinit(&pieces);
	close(ends[0]);
}
END_TEST

START_TEST(what_is_at_hand_stays_where_it_is)
{
	static const char input[] = "one\ntwo\n\nthree\nfo";
	static const char *const expected[] = {"one", "two", "", "three"};
	struct cli_pieces pieces;
	char *handed[4];
	size_t lens[4];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], input, sizeof input - 1), (ssize_t)sizeof input - 1);
	cli_pieces_init(&pieces, ends[0], "\n", 1, 1000);
	ck_assert(!cli_pieces_ready(&pieces));
	for (size_t i = 0; i < 4; i++) {
		ck_assert(i == 0 || cli_pieces_ready(&pieces));
		ck_assert_int_eq(cli_pieces_next(&pieces, &handed[i], &lens[i]), CLI_PIECE_READY);
		/* The bytes of a piece are ours, its neighbours are not touched by that. */
		if (i > 0 && lens[i - 1] > 0)
			handed[i - 1][0] = (char)toupper(handed[i - 1][0]);
	}
	ck_assert(!cli_pieces_ready(&pieces));
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(lens[i], strlen(expected[i]));
		ck_assert(strncasecmp(handed[i], expected[i], lens[i]) == 0);
	}
	ck_assert_int_eq(write(ends[1], "ur", 2), 2);
	close(ends[1]);
	ck_assert_int_eq(cli_pieces_next(&pieces, &handed[0], &lens[0]), CLI_PIECE_READY);
	ck_assert(lens[0] == 4 && memcmp(handed[0], "four", 4) == 0);
	cli_pieces_deinit(&pieces);
	close(ends[0]);
}
END_TEST

/* Lines around the sizes at which buffers end and grow. */
static const size_t line_sizes[] = {1022,   1023,   1024,   65535,  65536,   131071,
				    131072, 262143, 262144, 262145, 1000000, 3000000};

START_TEST(lines_may_be_of_any_length)
{
	size_t size = line_sizes[_i];
	char *input = malloc(3 * (size + 1));
	struct cli_pieces pieces;
	char *piece;
	size_t len;
	int fd;

	for (size_t line = 0; line < 3; line++) {
		memset(input + line * (size + 1), 'a' + (int)line, size);
		input[line * (size + 1) + size] = '\n';
	}
	fd = file_with(input, 3 * (size + 1));
	cli_pieces_init(&pieces, fd, "\n", 1, size);
	for (size_t line = 0; line < 3; line++) {
		ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
		ck_assert_uint_eq(len, size);
		ck_assert_mem_eq(piece, input + line * (size + 1), size);
	}
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_END);
	cli_pieces_deinit(&pieces);
	free(input);
	close(fd);
}
END_TEST

/* The first read ends anywhere in the lines behind a long one, or right before or behind them. */
START_TEST(a_read_may_end_at_any_place_of_a_line)
{
	enum { READ = 262144, SHORT = 7, LINES = 4 };

	for (size_t place = 0; place <= LINES * SHORT; place++) {
		size_t first = READ - place;
		size_t size = first + LINES * SHORT;
		char *input = malloc(size);
		struct cli_pieces pieces;
		bool all_read = false;
		char *piece;
		size_t len;
		int fd;

		memset(input, 'x', first - 1);
		input[first - 1] = '\n';
		for (size_t i = 0; i < LINES * SHORT; i++)
			input[first + i] = i % SHORT == SHORT - 1 ? '\n' : (char)('a' + i);
		fd = file_with(input, size);
		cli_pieces_init(&pieces, fd, "\n", 1, READ);
		ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
		ck_assert_uint_eq(len, first - 1);
		for (size_t line = 0; line < LINES; line++) {
			bool ready = all_read || (line + 1) * SHORT <= place;

			ck_assert_int_eq(cli_pieces_ready(&pieces), ready);
			ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
			ck_assert_uint_eq(len, SHORT - 1);
			ck_assert_mem_eq(piece, input + first + line * SHORT, SHORT - 1);
			all_read |= !ready;
		}
		cli_pieces_deinit(&pieces);
		free(input);
		close(fd);
	}
}
END_TEST

START_TEST(a_line_over_the_limit_is_told_with_its_number)
{
	struct cli_pieces pieces;
	char *piece;
	size_t len;
	int fd = file_with("12345\n123456\n", 13);

	cli_pieces_init(&pieces, fd, "\n", 1, 5);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_READY);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_TOO_LONG);
	ck_assert_uint_eq(pieces.number, 2);
	cli_pieces_deinit(&pieces);
	close(fd);
}
END_TEST

START_TEST(an_endless_line_is_not_read_to_its_end)
{
	struct cli_pieces pieces;
	char *piece;
	size_t len;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	cli_pieces_init(&pieces, fd, "\n", 1, 1000000);
	ck_assert_int_eq(cli_pieces_next(&pieces, &piece, &len), CLI_PIECE_TOO_LONG);
	ck_assert_uint_lt(pieces.capacity, 4000000);
	cli_pieces_deinit(&pieces);
	close(fd);
}
END_TEST

START_TEST(a_whole_file_is_one_piece_up_to_the_limit)
{
	char *bytes = NULL;
	size_t len = 0;
	int fd = file_with("a\nb\0c", 5);

	ck_assert_int_eq(cli_read_all(fd, 5, &bytes, &len), CLI_PIECE_READY);
	ck_assert(len == 5 && memcmp(bytes, "a\nb\0c", 5) == 0);
	free(bytes);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(cli_read_all(fd, 4, &bytes, &len), CLI_PIECE_TOO_LONG);
	close(fd);
	ck_assert_int_eq(cli_read_all(fd, 5, &bytes, &len), CLI_PIECE_FAILED);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli pieces");
	TCase *tcase = tcase_create("pieces");

	tcase_add_loop_test(tcase, pieces_lie_between_delimiters, 0,
			    sizeof inputs / sizeof *inputs);
	tcase_add_test(tcase, a_delimiter_may_arrive_in_parts);
	tcase_add_test(tcase, what_is_at_hand_stays_where_it_is);
	tcase_add_loop_test(tcase, lines_may_be_of_any_length, 0,
			    sizeof line_sizes / sizeof *line_sizes);
	tcase_add_test(tcase, a_read_may_end_at_any_place_of_a_line);
	tcase_add_test(tcase, a_line_over_the_limit_is_told_with_its_number);
	tcase_add_test(tcase, an_endless_line_is_not_read_to_its_end);
	tcase_add_test(tcase, a_whole_file_is_one_piece_up_to_the_limit);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
