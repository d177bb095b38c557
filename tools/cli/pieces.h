/* SPDX-License-Identifier: MIT */
/*
 * Cuts what a descriptor delivers into pieces between delimiters: lines, NUL-terminated records.
 *
 * Pieces may be of any length up to a limit. A last piece without a delimiter counts, if it is
 * not empty. Reads are large; a stop signal ends them. Nothing is copied: pieces lie in the buffer
 * that was read into and stay there until the next read, so that those at hand can be gathered.
 */
#ifndef CLI_PIECES_H
#define CLI_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_piece {
	CLI_PIECE_END,
	CLI_PIECE_READY,
	/* The piece at hand is longer than the limit. */
	CLI_PIECE_TOO_LONG,
	/* A stop signal came. */
	CLI_PIECE_STOPPED,
	/* read(2) failed; errno tells why. ENOMEM: the piece did not fit into memory. */
	CLI_PIECE_FAILED
};

struct cli_pieces {
	int fd;
	/* At least one byte; not owned. */
	const char *delimiter;
	size_t delimiter_len;
	size_t piece_bytes_max;
	/* How many pieces were begun: the number of the one at hand. */
	uint64_t number;

	char *buffer;
	size_t capacity;
	/* The unused part of the buffer, and at how many bytes of it no delimiter begins for sure.
	 */
	size_t begin;
	size_t end;
	size_t searched;
	bool at_end;
};

/* Nothing is allocated or read yet. */
void cli_pieces_init(struct cli_pieces *pieces, int fd, const char *delimiter, size_t delimiter_len,
		     size_t piece_bytes_max);
void cli_pieces_deinit(struct cli_pieces *pieces);

/* Whether the next piece is at hand without reading, so that nothing can block and earlier pieces
 * stay valid. */
bool cli_pieces_ready(struct cli_pieces *pieces);

/* The next piece; its bytes are the caller's to change. Valid until this is called while
 * cli_pieces_ready() is false. */
enum cli_piece cli_pieces_next(struct cli_pieces *pieces, char **ret_piece, size_t *ret_len);

/* Reads a descriptor to its end as one piece; ret_bytes is to be freed. */
enum cli_piece cli_read_all(int fd, size_t bytes_max, char **ret_bytes, size_t *ret_len);

#endif
