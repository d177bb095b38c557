# SPDX-License-Identifier: MIT
"""Mutants of what a reader does about limits, lack of space, forged names and dropped segments."""

from mutant import Mutant

LIMIT_MUTANTS = [
    # What is no message.
    Mutant(
        "what is no message is gone where there is no space to set it aside",
        "subscribe/held.c",
        (("\treturn keep_refused(channel, view, word);\n",
          "\t(void)keep_refused;\n\treturn 0;\n"),),
        "hindered", "refused",
    ),
    Mutant(
        "what is no message is forgotten when its reader goes",
        "subscribe/work.c",
        (("\tfsi_held_leave(channel);\n", ""),),
        "hindered", "refused",
    ),
    Mutant(
        "a message whose bytes were changed is tried for ever",
        "subscribe/held.c",
        (("\tif (r == FSPS_ERR_NO_MEMORY)\n\t\treturn r;\n", "\tif (r < 0)\n\t\treturn r;\n"),),
        "hindered", "refused",
    ),
    # What somebody forged.
    Mutant(
        "a name that somebody took keeps the reader from going on",
        "subscribe/link.c",
        (("i < TRIES && r == -EEXIST", "i < 0 && r == -EEXIST"),),
        "hindered", "forged",
    ),
    Mutant(
        "anybody may say what was wrong with a dead letter",
        "inspect/letters.c",
        ((" && channel.st_uid == note->st_uid;", ";"),),
        "hindered", "forged",
    ),
    # Claims and purges.
    Mutant(
        "who settles nothing is late",
        "subscribe/settle.c",
        (("return message != NULL ? late(channel, message) : FSI_CLAIM_LOST;",
          "channel->late++;\n\treturn FSI_CLAIM_LOST;"),),
        "hindered", "claims",
    ),
    Mutant(
        "a deadline that is not moved is ours in any case",
        "claim/claim.c",
        (("\tif (extended.time_ms == claim->time_ms)\n\t\treturn answer(",
          "\tif (extended.time_ms == claim->time_ms)\n\t\treturn FSI_CLAIM_DONE;\n\tif (false)\n"
          "\t\treturn answer("),),
        "hindered", "claims",
    ),
    Mutant(
        "a purge keeps all others out",
        "manage/purge.c",
        (("\tif (++purge->locked_segments < LOCKED_SEGMENTS_MAX)\n", "\tif (true)\n"),),
        "hindered", "claims",
    ),
    # Segments that are taken away.
    Mutant(
        "a segment that was taken away is read on",
        "subscribe/gap.c",
        (("\tif (r != 0)\n\t\treturn r < 0 ? r : 0;\n",
          "\tif (true)\n\t\treturn r < 0 ? r : 0;\n"),),
        "limit_reader", "segments",
    ),
    Mutant(
        "what is handed out goes with the segment that is taken away",
        "subscribe/gap.c",
        (("\tkeep_unsettled(channel, view);\n", "\t(void)keep_unsettled;\n"),),
        "limit_reader", "segments",
    ),
    Mutant(
        "how far a segment was read is forgotten at its end",
        "subscribe/account.c",
        (("\tif (view->place >= 0 && view->unlinked)\n", "\tif (false)\n"),),
        "limit_reader", "segments",
    ),
    # What waits.
    Mutant(
        "what the killed had counted stays",
        "subscribe/account.c",
        (("\tchannel->found_nothing = false;\n",
          "\tchannel->found_nothing = false;\n\treturn;\n"),),
        "limit_reader", "words",
    ),
    Mutant(
        "a segment that its reader leaves counts for nothing",
        "subscribe/sources.c",
        (("\tfsi_account_leave(channel, view);\n", ""),),
        "limit_reader", "words",
    ),
    Mutant(
        "what expired comes, and expires, again",
        "subscribe/frame.c",
        (("\tif (view->handed_out == listed)\n\t\tsettle(channel, view);\n",
          "\t(void)listed;\n\t(void)settle;\n"),),
        "limit_reader", "words",
    ),
]
