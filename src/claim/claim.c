/* SPDX-License-Identifier: MIT */
/* Implements claim/claim.h. */
#include "claim/claim.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "store/entry.h"

enum {
	/* So many names may be taken by other messages of the same ID; and how far the next one is
	 * at most where somebody takes them on purpose. */
	NAMES_FORESEEN = 8,
	JUMP_MS = 1 << 17,
	BACKOFF_MS_LEAST = 1000,
	BACKOFF_MS_MOST = 300000,
	/* How much clocks that two processes read one after the other may differ. */
	SLACK_MS = 1000,
};

uint64_t fsi_claim_now_ms(void)
{
	return fsi_sys_realtime_us() / 1000;
}

uint64_t fsi_claim_backoff_ms(uint32_t attempt)
{
	uint64_t delay_ms = BACKOFF_MS_LEAST;

	for (uint32_t i = 1; i < attempt && delay_ms < BACKOFF_MS_MOST; i++)
		delay_ms *= 2;
	return delay_ms < BACKOFF_MS_MOST ? delay_ms : BACKOFF_MS_MOST;
}

bool fsi_claim_is_due(uint64_t time_ms, uint64_t now_ms, uint64_t most_ms)
{
	return time_ms <= now_ms ||
	       (time_ms - now_ms > SLACK_MS && time_ms - now_ms - SLACK_MS > most_ms);
}

static void note_longest(_Atomic uint64_t *most, uint64_t ms)
{
	uint64_t known = atomic_load_explicit(most, memory_order_relaxed);

	while (known < ms && !atomic_compare_exchange_weak(most, &known, ms))
		;
}

void fsi_claim_note_deadline(const struct fsi_workplace *place, uint64_t deadline_ms)
{
	note_longest(&place->control->deadline_ms_most, deadline_ms);
}

void fsi_claim_note_delay(const struct fsi_workplace *place, uint64_t delay_ms)
{
	note_longest(&place->control->delay_ms_most, delay_ms);
}

void fsi_claim_rename(const struct fsi_workplace *place, struct fsi_work_name *name, int tries)
{
	uint32_t jump = 0;

	if (tries >= NAMES_FORESEEN)
		(void)fsi_sys_getrandom(&jump, sizeof jump);
	if (name->kind == FSI_WORK_DEAD) {
		name->attempt += 1 + jump;
		return;
	}
	name->time_ms += 1 + jump % JUMP_MS;
	/* Further away than was asked for: it is not to be taken for one of before a clock's step.
	 */
	if (jump != 0)
		note_longest(name->kind == FSI_WORK_CLAIMED ? &place->control->deadline_ms_most
							    : &place->control->delay_ms_most,
			     name->time_ms - fsi_claim_now_ms());
}

/* Renames to a name that nobody else has. Returns 0 or -errno. */
static int rename_to(const struct fsi_workplace *place, const char *from, struct fsi_work_name *to)
{
	char name[FSI_NAME_BYTES];
	int r = -EEXIST;

	for (int i = 0; i < FSI_CLAIM_NAMES_MAX && r == -EEXIST; i++) {
		fsi_work_name_format(name, to);
		r = fsi_sys_rename(place->directory_fd, from, place->directory_fd, name);
		if (r == -EEXIST)
			fsi_claim_rename(place, to, i);
	}
	return r;
}

/* Of a rename or an unlink of a claim. */
static int answer(const struct fsi_workplace *place, const char *name, int r)
{
	if (r == -ENOENT)
		return FSI_CLAIM_LOST;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot settle %s/%s", place->channel_name, name);
	return FSI_CLAIM_DONE;
}

int fsi_claim_take(const struct fsi_workplace *place, const char *from, uint64_t id,
		   uint32_t attempt, uint64_t deadline_ms, struct fsi_work_name *ret_claim)
{
	struct fsi_work_name claim = {.kind = FSI_WORK_CLAIMED,
				      .time_ms = fsi_claim_now_ms() + deadline_ms,
				      .attempt = attempt,
				      .id = id};
	int r;

	memcpy(claim.member, place->home->member.id, sizeof claim.member);
	fsi_claim_note_deadline(place, deadline_ms);
	r = rename_to(place, from, &claim);
	if (r == -ENOENT)
		return FSI_CLAIM_LOST;
	if (r < 0)
		return fsi_fail_errno(-r, from, "cannot claim %s/%s", place->channel_name, from);
	*ret_claim = claim;
	return FSI_CLAIM_DONE;
}

int fsi_claim_acknowledge(const struct fsi_workplace *place, const struct fsi_work_name *claim)
{
	char name[FSI_NAME_BYTES];

	fsi_work_name_format(name, claim);
	return answer(place, name, fsi_sys_unlinkat(place->directory_fd, name, 0));
}

int fsi_claim_give_back(const struct fsi_workplace *place, const struct fsi_work_name *claim,
			uint64_t delay_ms, uint32_t attempts)
{
	struct fsi_work_name delayed = {.kind = FSI_WORK_DELAYED,
					.time_ms = fsi_claim_now_ms() + delay_ms,
					.attempt = attempts,
					.id = claim->id};
	char name[FSI_NAME_BYTES];

	fsi_claim_note_delay(place, delay_ms);
	fsi_work_name_format(name, claim);
	return answer(place, name, rename_to(place, name, &delayed));
}

bool fsi_claim_keeps_letters(const struct fsi_workplace *place)
{
	return place->letters_left == NULL || *place->letters_left > 0;
}

void fsi_claim_note_letter(const struct fsi_workplace *place)
{
	if (place->letters_left != NULL)
		(*place->letters_left)--;
}

int fsi_claim_bury_file(const struct fsi_workplace *place, const char *from, const char *reason,
			uint32_t attempt, uint64_t id, const char *note)
{
	struct fsi_work_name dead = {.kind = FSI_WORK_DEAD, .attempt = attempt, .id = id};
	int r;

	if (!fsi_claim_keeps_letters(place))
		return answer(place, from, fsi_entry_remove(place->directory_fd, from));
	fsi_work_name_set_reason(&dead, reason);
	r = answer(place, from, rename_to(place, from, &dead));
	if (r == FSI_CLAIM_DONE)
		fsi_claim_note_letter(place);
	if (r != FSI_CLAIM_DONE || note == NULL || note[0] == '\0')
		return r;
	dead.kind = FSI_WORK_NOTE;
	(void)fsi_written_note(place, &dead, note);
	return r;
}

int fsi_claim_bury(const struct fsi_workplace *place, const struct fsi_work_name *claim,
		   const char *reason, const char *note)
{
	char name[FSI_NAME_BYTES];

	fsi_work_name_format(name, claim);
	return fsi_claim_bury_file(place, name, reason, claim->attempt, claim->id, note);
}

int fsi_claim_extend(const struct fsi_workplace *place, struct fsi_work_name *claim,
		     uint64_t deadline_ms)
{
	struct fsi_work_name extended = *claim;
	char name[FSI_NAME_BYTES];
	struct stat status;
	int r;

	extended.time_ms = fsi_claim_now_ms() + deadline_ms;
	fsi_work_name_format(name, claim);
	/* Nothing to do if it is ours still, and RENAME_NOREPLACE would find the name taken: by
	 * itself. */
	if (extended.time_ms == claim->time_ms)
		return answer(place, name, fsi_sys_fstatat(place->directory_fd, name, &status));
	fsi_claim_note_deadline(place, deadline_ms);
	r = answer(place, name, rename_to(place, name, &extended));
	if (r == FSI_CLAIM_DONE)
		*claim = extended;
	return r;
}
