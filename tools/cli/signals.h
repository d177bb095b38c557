/* SPDX-License-Identifier: MIT */
/*
 * Signals: INT, TERM and HUP ask a command to stop, which it does when the message at hand is
 * finished; then it dies of that signal, so that its parent sees what happened. A closed standard
 * output (PIPE) ends it the same way, quietly.
 *
 * After the first stop signal an interval timer interrupts every blocking system call that the
 * command still enters, so that there is no moment between looking at cli_stop_signal() and
 * going to sleep in which a signal gets lost. A second stop signal, at least a second after the
 * first, kills at once. What the parent ignores (nohup, background jobs) stays ignored.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>

/* Installs the handlers. */
void cli_signals_catch(void);

/* Around a call that no signal ends: while it is on, a stop signal that has waited for a second
 * kills at once. */
void cli_signals_impatient(bool on);

/* The signal that asked us to stop, or 0. */
int cli_stop_signal(void);

/* Begins to take notice of children that end. Returns a descriptor that is readable after one has,
 * made once and open as long as the process, or -1. */
int cli_children_watch(void);

/* Whether a child has ended since this was asked last; empties the descriptor. Costs nothing while
 * none has. */
bool cli_children_changed(void);

/* Sleeps until a child ends, any signal comes, or timeout_ms is over; -1: no limit. */
void cli_children_wait(int timeout_ms);

/* A main's last call: turns CLI_SIGNAL + n of a stop signal into that death, and returns any
 * other status for main to return. */
int cli_end(int status);

#endif
