/* SPDX-License-Identifier: MIT */
/*
 * What a service has done, on disk: a text file with a line for each deed, "KEY TEXT". A deed is
 * noted once; who is asked for it again finds what became of it.
 *
 * What was noted survives the kill of the process at any moment, not a power cut: for that,
 * ledger_add() would have to call fdatasync(2).
 */
#ifndef SHOP_LEDGER_H
#define SHOP_LEDGER_H

struct ledger;

/* Opens a ledger, which is created if it is missing, for its only writer. ret_ledger: to be closed
 * with ledger_close(). Returns 0, or -1 with errno set. */
int ledger_open(const char *path, struct ledger **ret_ledger);

/* NULL is allowed. */
void ledger_close(struct ledger *ledger);

/* What became of a deed, valid as long as the ledger; NULL if it was not done. */
const char *ledger_find(const struct ledger *ledger, const char *key);

/* Notes a deed that is not there yet. key: without a blank. Neither may have a newline. Returns 0,
 * or -1 with errno set, and then it is not noted. */
int ledger_add(struct ledger *ledger, const char *key, const char *text);

/* Shows each line, in the order in which they were added. */
void ledger_each(const struct ledger *ledger, void (*see)(const char *line, void *userdata),
		 void *userdata);

#endif
