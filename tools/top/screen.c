/* SPDX-License-Identifier: MIT */
/*
 * Implements top/screen.h: the terminal, and when to look again.
 *
 * ncurses takes care of the terminal's size. Not of Ctrl-Z, which it would lose while it paints:
 * the signal is blocked but for the sleep. What is to be said waits until the terminal is as it
 * was.
 */
#include "top/screen.h"

#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/terminal.h"
#include "top/keys.h"
#include "top/paint.h"

/* How long the rest of a key's sequence may take. */
enum { ESCAPE_MS = 25 };

static volatile sig_atomic_t stop_wanted;

static void on_terminal_stop(int number)
{
	(void)number;
	stop_wanted = 1;
}

static void block_terminal_stop(int how)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTSTP);
	sigprocmask(how, &signals, NULL);
}

/* Has Ctrl-Z noticed. Our parent may have it ignored. */
static void watch_terminal_stop(void)
{
	const struct sigaction action = {.sa_handler = on_terminal_stop};

	block_terminal_stop(SIG_BLOCK);
	sigaction(SIGTSTP, &action, NULL);
}

/* Gives the terminal back and stops, until somebody lets us go on. */
static void stop(void)
{
	stop_wanted = 0;
	endwin();
	signal(SIGTSTP, SIG_DFL);
	block_terminal_stop(SIG_UNBLOCK);
	raise(SIGTSTP);
	watch_terminal_stop();
	clearok(stdscr, TRUE);
}

/* The time has come. */
static void look_in_time(struct top_session *session)
{
	top_keys_look(session);
	session->left -= session->left > 0;
	session->ended |= session->left == 0;
}

static void read_keys(struct top_session *session)
{
	int key;

	while (!session->ended && (key = getch()) != ERR)
		top_keys_press(session, key);
}

/* ---- beginning and end ---- */

static void turn(struct top_session *session)
{
	if (stop_wanted)
		stop();
	top_paint(&session->paint);
	switch (top_view_wait(session->view, session->due_ns, STDIN_FILENO, true, &session->code)) {
	case TOP_WAIT_DUE:
		return look_in_time(session);
	case TOP_WAIT_INPUT:
		return read_keys(session);
	case TOP_WAIT_STOPPED:
		session->status = CLI_SIGNAL + cli_stop_signal();
		break;
	case TOP_WAIT_CLOSED:
		session->status = CLI_SIGNAL + SIGHUP;
		break;
	case TOP_WAIT_FAILED:
		break;
	}
	session->ended = true;
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

static void run(struct top_session *session)
{
	set_up();
	top_paint_init(&session->paint, session->view);
	/* This one is not counted: until the first interval is over rates are unknown. */
	top_keys_look(session);
	while (!session->ended)
		turn(session);
}

int top_screen(struct top_view *view, const struct top_options *options)
{
	struct top_session session = {
		.view = view, .delay_ns = options->delay_ns, .left = options->iterations};
	SCREEN *terminal;
	bool is_ignored;

	if (!isatty(STDIN_FILENO) || !cli_terminal_paints(STDOUT_FILENO))
		return cli_fail(CLI_ERROR,
				"this is no terminal that can be painted on; use -b for tables one "
				"after another");
	/* What is ignored at this moment ncurses leaves to us. */
	is_ignored = signal(SIGTSTP, SIG_IGN) == SIG_IGN;
	terminal = newterm(NULL, stdout, stdin);
	if (terminal == NULL)
		return cli_fail(CLI_ERROR,
				"the terminal '%s' of TERM is not known here; use -b for tables "
				"one after another",
				getenv("TERM"));
	if (!is_ignored)
		watch_terminal_stop();
	run(&session);
	endwin();
	delscreen(terminal);
	return session.code < 0 ? cli_fail_library(session.code, NULL) : session.status;
}
