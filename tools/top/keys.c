/* SPDX-License-Identifier: MIT */
/* Implements top/keys.h. */
#include "top/keys.h"

#include <ncurses.h>
#include <stdio.h>
#include <string.h>

#include "cli/clock.h"
#include "cli/number.h"

#define CONTROL(letter) ((letter)&0x1f)

enum { KEY_ESCAPE = 27, KEY_DELETE = 127, DELAY_NS_LEAST = CLI_NS_PER_S / 10 };

void top_keys_look(struct top_session *session)
{
	int result = top_view_look(session->view);

	session->due_ns = cli_now_ns() + session->delay_ns;
	if (result < 0) {
		session->code = result;
		session->ended = true;
	}
}

static void sort(struct top_session *session, size_t column, bool reversed)
{
	*top_view_order(session->view) = (struct top_order){.column = column, .reversed = reversed};
	top_view_sort(session->view);
}

static void move_order(struct top_session *session, int by)
{
	const struct top_order *order = top_view_order(session->view);
	size_t count = session->view->table.columns_count;

	sort(session, (order->column + count + (size_t)by) % count, order->reversed);
}

/* What opening a channel says on standard error belongs below the table, not into it. */
static int open_topics(struct top_view *view)
{
	int status;

	def_prog_mode();
	endwin();
	status = top_view_switch(view, true);
	reset_prog_mode();
	refresh();
	return status;
}

static void switch_view(struct top_session *session)
{
	struct top_view *view = session->view;

	if (!view->shows_topics && !view->topics.open)
		session->status = open_topics(view);
	else
		session->status = top_view_switch(view, !view->shows_topics);
	session->paint.first = 0;
	session->ended = session->status != 0;
	if (!session->ended)
		top_keys_look(session);
}

/* ---- asking ---- */

static const char filter_prompt[] = "Filter: ";
static const char delay_prompt[] = "Seconds: ";

static void ask(struct top_session *session, const char *prompt)
{
	session->paint.prompt = prompt;
	session->paint.typed[0] = '\0';
}

static void set_filter(struct top_session *session, const char *text)
{
	struct top_view *view = session->view;

	snprintf(session->filter, sizeof session->filter, "%s", text);
	view->filters.count = 0;
	if (text[0] != '\0' && cli_operands_add(&view->filters, session->filter) != 0)
		session->ended = true;
	session->paint.first = 0;
	top_keys_look(session);
}

static void set_delay(struct top_session *session, const char *text)
{
	int64_t delay_ns;

	if (!cli_parse_seconds(text, &delay_ns) || delay_ns < DELAY_NS_LEAST) {
		snprintf(session->paint.notice, sizeof session->paint.notice,
			 "'%.64s' is no number of seconds from 0.1 on", text);
		return;
	}
	session->delay_ns = delay_ns;
	session->due_ns = cli_now_ns() + delay_ns;
}

static void answer(struct top_session *session)
{
	char text[TOP_PROMPT_BYTES];
	const char *prompt = session->paint.prompt;

	snprintf(text, sizeof text, "%s", session->paint.typed);
	session->paint.prompt = NULL;
	if (prompt == filter_prompt)
		set_filter(session, text);
	else if (text[0] != '\0')
		set_delay(session, text);
}

static void type_key(struct top_session *session, int key)
{
	char *typed = session->paint.typed;
	size_t len = strlen(typed);

	if (key == '\n' || key == '\r' || key == KEY_ENTER)
		return answer(session);
	if (key == KEY_ESCAPE)
		session->paint.prompt = NULL;
	else if ((key == KEY_BACKSPACE || key == KEY_DELETE || key == '\b') && len > 0)
		typed[len - 1] = '\0';
	else if (key >= ' ' && key <= '~' && len + 1 < TOP_PROMPT_BYTES) {
		typed[len] = (char)key;
		typed[len + 1] = '\0';
	}
}

/* ---- keys ---- */

static void scroll_by(struct top_session *session, size_t down, size_t up)
{
	struct top_paint *paint = &session->paint;

	size_t count = session->view->table.count;
	size_t last = count > paint->rows ? count - paint->rows : 0;

	paint->first = paint->first > up ? paint->first - up : 0;
	paint->first =
		last > paint->first && last - paint->first > down ? paint->first + down : last;
}

static bool scroll_key(struct top_session *session, int key)
{
	size_t page = session->paint.rows > 1 ? session->paint.rows - 1 : 1;

	switch (key) {
	case KEY_DOWN:
	case 'j':
		scroll_by(session, 1, 0);
		return true;
	case KEY_UP:
	case 'k':
		scroll_by(session, 0, 1);
		return true;
	case KEY_NPAGE:
	case CONTROL('F'):
		scroll_by(session, page, 0);
		return true;
	case KEY_PPAGE:
	case CONTROL('B'):
		scroll_by(session, 0, page);
		return true;
	case KEY_HOME:
	case 'g':
		scroll_by(session, 0, SIZE_MAX);
		return true;
	case KEY_END:
	case 'G':
		scroll_by(session, session->view->table.count, 0);
		return true;
	default:
		return false;
	}
}

static void table_key(struct top_session *session, int key)
{
	const struct top_order *order = top_view_order(session->view);

	switch (key) {
	case '<':
	case KEY_LEFT:
		return move_order(session, -1);
	case '>':
	case KEY_RIGHT:
		return move_order(session, 1);
	case 'r':
	case 'R':
		return sort(session, order->column, !order->reversed);
	case 't':
	case '\t':
		return switch_view(session);
	case '/':
	case 'f':
		return ask(session, filter_prompt);
	case 'd':
	case 's':
		return ask(session, delay_prompt);
	case ' ':
		return top_keys_look(session);
	default:
		scroll_key(session, key);
	}
}

void top_keys_press(struct top_session *session, int key)
{
	session->paint.notice[0] = '\0';
	if (key == KEY_RESIZE)
		return;
	/* Ctrl-L: whatever others wrote on the screen goes away. */
	if (key == CONTROL('L'))
		clearok(stdscr, TRUE);
	else if (session->paint.prompt != NULL)
		type_key(session, key);
	else if (key == 'q' || key == 'Q')
		session->ended = true;
	else if (session->paint.help || key == 'h' || key == '?' || key == 'H')
		session->paint.help = !session->paint.help;
	else
		table_key(session, key);
}
