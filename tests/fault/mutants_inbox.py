# SPDX-License-Identifier: MIT
"""Mutants of the inboxes of durable channels (see mutants.py)."""

from mutant import Mutant

INBOX_MUTANTS = [
    Mutant(
        "an inbox may be listed by whoever clears up",
        "subscribe/inbox.c",
        (("access->directory & ~(mode_t)S_IRUSR", "access->directory"),),
        "inbox", "between",
    ),
    Mutant(
        "an inbox may be listed before it is out of sight",
        "recover/inbox.c",
        (("\tr = fsi_sys_rename(orphan->home->fd, name, orphan->home->fd, orphan->name);\n",
          "\t(void)fsi_sys_chmodat(orphan->home->fd, name, 0700);\n"
          "\tr = fsi_sys_rename(orphan->home->fd, name, orphan->home->fd, orphan->name);\n"),),
        "inbox", "between",
    ),
    Mutant(
        "an arrival takes the place of another message",
        "recover/inbox.c",
        (("r = fsi_sys_rename(inbox_fd, name, channel_fd, name);",
          "r = fsi_sys_rename_over(inbox_fd, name, channel_fd, name);"),),
        "inbox_rules", "moving",
    ),
    Mutant(
        "what does not ring is found by nobody",
        "subscribe/inbox.c",
        (("if (r != 0 || !scan)", "if (r <= 0 || scan)"),),
        "inbox_rules", "moving",
    ),
    Mutant(
        "who holds the next inbox leaves the last one in sight",
        "subscribe/inbox.c",
        (("r = fsi_inbox_adopt_all(home, channel, &budget);", "r = FSI_INBOX_GONE;"),),
        "inbox_rules", "holding",
    ),
    Mutant(
        "an inbox that is held is taken for one that was left",
        "recover/inbox.c",
        (("r == FSI_BELL_OPEN || r == FSI_BELL_FORBIDDEN", "r == FSI_BELL_FORBIDDEN"),),
        "inbox_rules", "holding",
    ),
    Mutant(
        "a forked child keeps its parent's inbox",
        "subscribe/inbox.c",
        (("\tfsi_sys_close(inbox->bell_fd);\n\tfsi_sys_close(inbox->directory_fd);\n", ""),),
        "inbox_rules", "holding",
    ),
    Mutant(
        "what is linked while an inbox is removed goes with it",
        "recover/inbox.c",
        (("return r < 0 ? 1 : again;", "return 0;"),),
        "inbox", "between",
    ),
    Mutant(
        "nobody is told of what was taken over",
        "recover/inbox.c",
        (("(void)fsi_bell_ring(fd, false, 0);", ""),),
        "inbox_rules", "gone",
    ),
    Mutant(
        "a holder goes on with an inbox that nobody finds",
        "subscribe/inbox.c",
        (("\t\tr = check_name(inbox, home);\n", "\t\tr = 0;\n"),),
        "inbox_rules", "gone",
    ),
]
