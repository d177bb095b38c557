/* SPDX-License-Identifier: MIT */
/* Implements store/counter.h. */
#include "store/counter.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/sys.h"
#include "store/names.h"
#include "store/unnamed.h"

/* A clock this far beyond the last ID, or an ID this far beyond the clock, is not believed: a jump
 * there could never be taken back. */
static const uint64_t YEAR_US = UINT64_C(366) * 24 * 3600 * 1000000;

static bool may_be_mapped(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
	       status->st_size == FSI_COUNTER_BYTES &&
	       status->st_blocks * 512 >= FSI_COUNTER_BYTES && (status->st_mode & 022) == 0;
}

static int fill(struct fsi_counter_page *page, uint64_t first_id)
{
	uint64_t now = fsi_sys_realtime_us();

	page->version = FSI_COUNTER_VERSION;
	/* One that is far ahead of the clock was made up, and might be the last there is. */
	page->last_id = first_id > now && first_id - now >= YEAR_US ? 0 : first_id;
	page->generation = 1;
	page->magic = FSI_COUNTER_MAGIC;
	fsi_sys_munmap(page, FSI_COUNTER_BYTES);
	return 0;
}

/* Builds the page in a nameless file and names it; whoever is first wins, and all use that. */
static int create(int state_directory, uint64_t first_id)
{
	struct fsi_counter_page *page;
	int fd = fsi_unnamed_open(state_directory, ".", 0600);
	int r;

	if (fd < 0)
		return fd;
	r = fsi_sys_file_size_limit() < FSI_COUNTER_BYTES
		    ? -EFBIG
		    : fsi_sys_fallocate(fd, FSI_COUNTER_BYTES);
	/* Whatever the umask: other processes of ours have to open it. */
	if (r == 0)
		r = fsi_sys_fchmod(fd, 0600);
	if (r == 0) {
		page = fsi_sys_mmap(fd, FSI_COUNTER_BYTES, PROT_READ | PROT_WRITE, &r);
		r = page == NULL ? -r : fill(page, first_id);
	}
	/* On a disk its name must not get there before its content: a counter that is no counter
	 * would stay so for ever. */
	if (r == 0)
		r = fsi_sys_fsync(fd);
	if (r == 0)
		r = fsi_unnamed_link(fd, state_directory, FSI_NAME_COUNTER);
	fsi_sys_close(fd);
	return r == -EEXIST ? 0 : r;
}

/* 1: good; 0: not to be believed; VERSION: made by a later libfsps. */
static int check(const struct fsi_counter_page *page)
{
	if (page->magic != FSI_COUNTER_MAGIC || page->last_id >= FSI_ID_LIMIT)
		return 0;
	if (page->version != FSI_COUNTER_VERSION)
		return fsi_fail(FSPS_ERR_VERSION, FSI_NAME_COUNTER,
				"the home's format is version %u, this libfsps knows version %d",
				page->version, FSI_COUNTER_VERSION);
	return 1;
}

static int map_existing(struct fsi_counter *counter, int fd)
{
	struct fsi_counter_page *page;
	struct stat status;
	int r = fsi_sys_fstat(fd, &status);

	if (r < 0)
		return fsi_fail_errno(-r, FSI_NAME_COUNTER, "cannot look at the ID counter");
	if (!may_be_mapped(&status))
		return 0;
	page = fsi_sys_mmap(fd, FSI_COUNTER_BYTES, PROT_READ | PROT_WRITE, &r);
	if (page == NULL)
		return fsi_fail_errno(r, FSI_NAME_COUNTER,
				      "cannot map " FSI_NAME_STATE "/" FSI_NAME_COUNTER);
	r = check(page);
	if (r <= 0) {
		fsi_sys_munmap(page, FSI_COUNTER_BYTES);
		return r;
	}
	atomic_store_explicit(&counter->page, page, memory_order_release);
	return 1;
}

int fsi_counter_open(struct fsi_counter *counter, int state_directory, bool may_create,
		     uint64_t first_id)
{
	int fd;
	int r;

	if (counter->page != NULL)
		return 1;
	fd = fsi_sys_openat(state_directory, FSI_NAME_COUNTER, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd == -ENOENT && may_create) {
		r = create(state_directory, first_id);
		if (r < 0)
			return fsi_fail_errno(-r, FSI_NAME_COUNTER, "cannot make the ID counter");
		fd = fsi_sys_openat(state_directory, FSI_NAME_COUNTER,
				    O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
	}
	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
		return fsi_fail_errno(-fd, FSI_NAME_COUNTER, "cannot open the ID counter");
	if (fd < 0)
		return 0;
	r = map_existing(counter, fd);
	fsi_sys_close(fd);
	return r;
}

/* Whether there is a counter, or something that bears its mark; maps nothing. */
static bool read_page(int state_directory, struct fsi_counter_page *ret_page)
{
	int fd = fsi_sys_openat(state_directory, FSI_NAME_COUNTER,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct stat status;
	bool is_one = fd >= 0 && fsi_sys_fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		      fsi_sys_read(fd, ret_page, sizeof *ret_page) == (ssize_t)sizeof *ret_page &&
		      ret_page->magic == FSI_COUNTER_MAGIC;

	fsi_sys_close(fd);
	return is_one;
}

void fsi_counter_look(int state_directory, uint32_t *ret_version, uint64_t *ret_last_id)
{
	struct fsi_counter_page page;

	*ret_version = 0;
	*ret_last_id = 0;
	if (!read_page(state_directory, &page))
		return;
	*ret_version = page.version;
	if (page.version == FSI_COUNTER_VERSION && page.last_id < FSI_ID_LIMIT)
		*ret_last_id = page.last_id;
}

int fsi_counter_check(int state_directory)
{
	struct fsi_counter_page page;
	int r = read_page(state_directory, &page) ? check(&page) : 0;

	return r < 0 ? r : 0;
}

void fsi_counter_close(struct fsi_counter *counter)
{
	fsi_sys_munmap(atomic_exchange(&counter->page, NULL), FSI_COUNTER_BYTES);
}

static struct fsi_counter_page *page_of(const struct fsi_counter *counter)
{
	return atomic_load_explicit(&counter->page, memory_order_acquire);
}

static uint64_t following(uint64_t last, uint64_t now)
{
	/* A new counter knows no ID yet and believes the clock; else not if it is a year ahead. */
	if (now > last && (last == 0 || now - last < YEAR_US))
		return now;
	return last + 1;
}

uint64_t fsi_counter_take(struct fsi_counter *counter, uint64_t now_us, uint64_t count)
{
	struct fsi_counter_page *page = page_of(counter);
	_Atomic uint64_t *place = page != NULL ? &page->last_id : &counter->own_last_id;
	uint64_t last = atomic_load_explicit(place, memory_order_relaxed);
	uint64_t first;

	do {
		first = following(last, now_us);
		if (first >= FSI_ID_LIMIT || count > FSI_ID_LIMIT - first)
			return 0;
	} while (!atomic_compare_exchange_weak_explicit(
		place, &last, first + count - 1, memory_order_relaxed, memory_order_relaxed));
	return first;
}

uint64_t fsi_counter_next(struct fsi_counter *counter)
{
	return fsi_counter_take(counter, fsi_sys_realtime_us(), 1);
}

uint64_t fsi_counter_generation(const struct fsi_counter *counter)
{
	struct fsi_counter_page *page = page_of(counter);

	return page == NULL ? 0 : atomic_load_explicit(&page->generation, memory_order_acquire);
}

void fsi_counter_bump(struct fsi_counter *counter)
{
	struct fsi_counter_page *page = page_of(counter);

	if (page != NULL)
		atomic_fetch_add_explicit(&page->generation, 1, memory_order_release);
}

bool fsi_counter_may_sweep(struct fsi_counter *counter, uint64_t now_ms, uint64_t period_ms)
{
	struct fsi_counter_page *page = page_of(counter);
	_Atomic uint64_t *place = page != NULL ? &page->swept_ms : &counter->own_swept_ms;
	uint64_t last = atomic_load_explicit(place, memory_order_relaxed);

	/* After a reboot the clock restarts below a home on disk: then it is time, too. */
	if (last != 0 && now_ms >= last && now_ms - last < period_ms)
		return false;
	return atomic_compare_exchange_strong_explicit(place, &last, now_ms, memory_order_relaxed,
						       memory_order_relaxed);
}
