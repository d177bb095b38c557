/* SPDX-License-Identifier: MIT */
/*
 * Implements top/screen.h: the terminal, the keys, and when to look again.
 *
 * ncurses takes care of the terminal's size and of Ctrl-Z. What is to be said waits until the
 * terminal is as it was.
 */
#include "top/screen.h"

#include <ncurses.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/topic.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/terminal.h"
#include "top/paint.h"

#define CONTROL(letter) ((letter)&0x1f)

enum { KEY_ESCAPE = 27, KEY_DELETE = 127, ESCAPE_MS = 25, DELAY_NS_LEAST = CLI_NS_PER_S / 10 };

struct screen {
	struct top_view *view;
	struct top_paint paint;
	int64_t delay_ns;
	/* When to look again. */
	int64_t due_ns;
	/* How many looks are left; negative: any number. */
	int64_t left;
	/* The filter that was typed, which the view's points to. */
	char filter[TOP_PROMPT_BYTES];
	bool ended;
	int status;
	/* Of libfsps, to be said when the terminal is as it was; 0: nothing. */
	int code;
};

/* ---- looking ---- */

static void look(struct screen *screen)
{
	int result = top_view_look(screen->view);

	screen->due_ns = cli_now_ns() + screen->delay_ns;
	if (result < 0) {
		screen->code = result;
		screen->ended = true;
	}
}

/* The time has come. */
static void look_in_time(struct screen *screen)
{
	look(screen);
	screen->left -= screen->left > 0;
	screen->ended |= screen->left == 0;
}

static void sort(struct screen *screen, size_t column, bool reversed)
{
	*top_view_order(screen->view) = (struct top_order){.column = column, .reversed = reversed};
	top_view_sort(screen->view);
}

static void move_order(struct screen *screen, int by)
{
	const struct top_order *order = top_view_order(screen->view);
	size_t count = screen->view->table.columns_count;

	sort(screen, (order->column + count + (size_t)by) % count, order->reversed);
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

static void switch_view(struct screen *screen)
{
	struct top_view *view = screen->view;

	if (!view->shows_topics && !view->topics.open)
		screen->status = open_topics(view);
	else
		screen->status = top_view_switch(view, !view->shows_topics);
	screen->paint.first = 0;
	screen->ended = screen->status != 0;
	if (!screen->ended)
		look(screen);
}

/* ---- asking ---- */

static const char filter_prompt[] = "Filter: ";
static const char delay_prompt[] = "Seconds: ";

static void ask(struct screen *screen, const char *prompt)
{
	screen->paint.prompt = prompt;
	screen->paint.typed[0] = '\0';
}

static void set_filter(struct screen *screen, const char *text)
{
	struct top_view *view = screen->view;

	snprintf(screen->filter, sizeof screen->filter, "%s", text);
	view->filters.count = 0;
	if (text[0] != '\0' && cli_operands_add(&view->filters, screen->filter) != 0)
		screen->ended = true;
	screen->paint.first = 0;
	look(screen);
}

static void set_delay(struct screen *screen, const char *text)
{
	int64_t delay_ns;

	if (!cli_parse_seconds(text, &delay_ns) || delay_ns < DELAY_NS_LEAST) {
		snprintf(screen->paint.notice, sizeof screen->paint.notice,
			 "'%.64s' is no number of seconds from 0.1 on", text);
		return;
	}
	screen->delay_ns = delay_ns;
	screen->due_ns = cli_now_ns() + delay_ns;
}

static void answer(struct screen *screen)
{
	char text[TOP_PROMPT_BYTES];
	const char *prompt = screen->paint.prompt;

	snprintf(text, sizeof text, "%s", screen->paint.typed);
	screen->paint.prompt = NULL;
	if (prompt == filter_prompt)
		set_filter(screen, text);
	else if (text[0] != '\0')
		set_delay(screen, text);
}

static void type_key(struct screen *screen, int key)
{
	char *typed = screen->paint.typed;
	size_t len = strlen(typed);

	if (key == '\n' || key == '\r' || key == KEY_ENTER)
		return answer(screen);
	if (key == KEY_ESCAPE)
		screen->paint.prompt = NULL;
	else if ((key == KEY_BACKSPACE || key == KEY_DELETE || key == '\b') && len > 0)
		typed[len - 1] = '\0';
	else if (key >= ' ' && key <= '~' && len + 1 < TOP_PROMPT_BYTES) {
		typed[len] = (char)key;
		typed[len + 1] = '\0';
	}
}

/* ---- keys ---- */

static void scroll_by(struct screen *screen, size_t down, size_t up)
{
	struct top_paint *paint = &screen->paint;

	size_t count = screen->view->table.count;
	size_t last = count > paint->rows ? count - paint->rows : 0;

	paint->first = paint->first > up ? paint->first - up : 0;
	paint->first =
		last > paint->first && last - paint->first > down ? paint->first + down : last;
}

static bool scroll_key(struct screen *screen, int key)
{
	size_t page = screen->paint.rows > 1 ? screen->paint.rows - 1 : 1;

	switch (key) {
	case KEY_DOWN:
	case 'j':
		scroll_by(screen, 1, 0);
		return true;
	case KEY_UP:
	case 'k':
		scroll_by(screen, 0, 1);
		return true;
	case KEY_NPAGE:
	case CONTROL('F'):
		scroll_by(screen, page, 0);
		return true;
	case KEY_PPAGE:
	case CONTROL('B'):
		scroll_by(screen, 0, page);
		return true;
	case KEY_HOME:
	case 'g':
		scroll_by(screen, 0, SIZE_MAX);
		return true;
	case KEY_END:
	case 'G':
		scroll_by(screen, screen->view->table.count, 0);
		return true;
	default:
		return false;
	}
}

static void table_key(struct screen *screen, int key)
{
	const struct top_order *order = top_view_order(screen->view);

	switch (key) {
	case '<':
	case KEY_LEFT:
		return move_order(screen, -1);
	case '>':
	case KEY_RIGHT:
		return move_order(screen, 1);
	case 'r':
	case 'R':
		return sort(screen, order->column, !order->reversed);
	case 't':
	case '\t':
		return switch_view(screen);
	case '/':
	case 'f':
		return ask(screen, filter_prompt);
	case 'd':
	case 's':
		return ask(screen, delay_prompt);
	case ' ':
		return look(screen);
	default:
		scroll_key(screen, key);
	}
}

static void press(struct screen *screen, int key)
{
	screen->paint.notice[0] = '\0';
	if (key == KEY_RESIZE)
		return;
	/* Ctrl-L: whatever others wrote on the screen goes away. */
	if (key == CONTROL('L'))
		clearok(stdscr, TRUE);
	else if (screen->paint.prompt != NULL)
		type_key(screen, key);
	else if (key == 'q' || key == 'Q')
		screen->ended = true;
	else if (screen->paint.help || key == 'h' || key == '?' || key == 'H')
		screen->paint.help = !screen->paint.help;
	else
		table_key(screen, key);
}

static void read_keys(struct screen *screen)
{
	int key;

	while (!screen->ended && (key = getch()) != ERR)
		press(screen, key);
}

/* ---- beginning and end ---- */

static void turn(struct screen *screen)
{
	top_paint(&screen->paint);
	switch (top_view_wait(screen->view, screen->due_ns, STDIN_FILENO, true, &screen->code)) {
	case TOP_WAIT_DUE:
		return look_in_time(screen);
	case TOP_WAIT_INPUT:
		return read_keys(screen);
	case TOP_WAIT_STOPPED:
		screen->status = CLI_SIGNAL + cli_stop_signal();
		break;
	case TOP_WAIT_CLOSED:
		screen->status = CLI_SIGNAL + SIGHUP;
		break;
	case TOP_WAIT_FAILED:
		break;
	}
	screen->ended = true;
}

static void set_up(void)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
}

static void run(struct screen *screen)
{
	set_up();
	top_paint_init(&screen->paint, screen->view);
	/* This one is not counted: until the first interval is over rates are unknown. */
	look(screen);
	while (!screen->ended)
		turn(screen);
}

int top_screen(struct top_view *view, const struct top_options *options)
{
	struct screen screen = {
		.view = view, .delay_ns = options->delay_ns, .left = options->iterations};
	SCREEN *terminal;

	if (!isatty(STDIN_FILENO) || !cli_terminal_paints(STDOUT_FILENO))
		return cli_fail(CLI_ERROR,
				"this is no terminal that can be painted on; use -b for tables one "
				"after another");
	terminal = newterm(NULL, stdout, stdin);
	if (terminal == NULL)
		return cli_fail(CLI_ERROR,
				"the terminal '%s' of TERM is not known here; use -b for tables "
				"one after another",
				getenv("TERM"));
	run(&screen);
	endwin();
	delscreen(terminal);
	return screen.code < 0 ? cli_fail_library(screen.code, NULL) : screen.status;
}
