/* SPDX-License-Identifier: MIT */
/*
 * Cutting a stream into pieces (cli/pieces.h), compared with cutting the whole at once, however the
 * stream comes in parts; and backslash sequences of a delimiter (cli/unescape.h).
 *
 * The input: how long the delimiter is, the delimiter, the longest piece, and the stream. A byte of
 * 0xff ends what one read brings, and is no part of the stream.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cli/pieces.h"
#include "cli/unescape.h"
#include "fuzz/input.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 4096, DELIMITER_BYTES_MAX = 8, PART_ENDS = 0xff };

/* What is still to be read. */
static struct fuzz_input stream;

ssize_t __wrap_read(int fd, void *to, size_t room);

ssize_t __wrap_read(int fd, void *to, size_t room)
{
	uint8_t *bytes = to;
	size_t len = 0;

	(void)fd;
	/* A part without bytes would be the stream's end. */
	while (stream.left > 0 && len < room) {
		uint8_t byte = fuzz_byte(&stream);

		if (byte != PART_ENDS)
			bytes[len++] = byte;
		else if (len > 0)
			break;
	}
	return (ssize_t)len;
}

/* ---- the oracle ---- */

struct whole {
	char bytes[INPUT_BYTES_MAX];
	size_t len;
	size_t at;
};

static void gather(struct whole *whole)
{
	for (size_t i = 0; i < stream.left; i++)
		if (stream.data[i] != PART_ENDS)
			whole->bytes[whole->len++] = (char)stream.data[i];
}

/* The next piece of the whole; false: there is none. */
static bool cut(struct whole *whole, const char *delimiter, size_t delimiter_len,
		const char **ret_piece, size_t *ret_len)
{
	*ret_piece = whole->bytes + whole->at;
	*ret_len = 0;
	if (whole->at == whole->len)
		return false;
	while (whole->at + *ret_len < whole->len) {
		const char *end = *ret_piece + *ret_len;

		if (whole->len - whole->at - *ret_len >= delimiter_len &&
		    memcmp(end, delimiter, delimiter_len) == 0) {
			whole->at += *ret_len + delimiter_len;
			return true;
		}
		(*ret_len)++;
	}
	whole->at = whole->len;
	return true;
}

/* ---- the checks ---- */

static void check_pieces(struct cli_pieces *pieces, struct whole *whole)
{
	const char *expected;
	size_t expected_len;
	char *piece;
	size_t len;
	uint64_t number = 0;

	for (;;) {
		bool more = cut(whole, pieces->delimiter, pieces->delimiter_len, &expected,
				&expected_len);
		enum cli_piece result = cli_pieces_next(pieces, &piece, &len);

		if (!more) {
			fuzz_require(result == CLI_PIECE_END, "a stream ends with its last piece");
			return;
		}
		fuzz_require(pieces->number == ++number, "pieces are counted");
		if (expected_len > pieces->piece_bytes_max) {
			fuzz_require(result == CLI_PIECE_TOO_LONG, "a piece too long is refused");
			return;
		}
		fuzz_require(result == CLI_PIECE_READY && len == expected_len &&
				     memcmp(piece, expected, len) == 0,
			     "pieces are those of the whole");
		/* They are the caller's to change. */
		memset(piece, 'x', len);
	}
}

static void check_unescape(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t len = 0;

	fuzz_require(text != NULL, "there is memory");
	memcpy(text, data, size);
	text[size] = '\0';
	if (cli_unescape(text, &len))
		fuzz_require(len <= size && text[len] == '\0', "a text never grows by it");
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.data = data, .left = size};
	struct whole whole = {.len = 0};
	struct cli_pieces pieces;
	const uint8_t *delimiter;
	size_t delimiter_len;

	if (size < 2 || size > INPUT_BYTES_MAX)
		return 0;
	check_unescape(data, size);
	delimiter_len = fuzz_bytes(&input, 1 + fuzz_byte(&input) % DELIMITER_BYTES_MAX, &delimiter);
	cli_pieces_init(&pieces, 0, (const char *)delimiter, delimiter_len,
			fuzz_byte(&input) % 2 == 0 ? SIZE_MAX / 2 : fuzz_byte(&input));
	stream = input;
	gather(&whole);
	if (delimiter_len > 0)
		check_pieces(&pieces, &whole);
	cli_pieces_deinit(&pieces);
	return 0;
}
