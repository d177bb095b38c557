# SPDX-License-Identifier: MIT
"""Mutants that are noticed where every call and allocation is tried (test_every_*.c)."""

from mutant import Mutant

EVERY_MUTANTS = [
    Mutant(
        "what the dead were building stays",
        "recover/sweep_channels.c",
        (("\t\tverdict = fsi_judge_member(sweep->home, member);\n", "\t\treturn;\n"),),
        "every_kill", "calls",
    ),
    Mutant(
        "what the dead had claimed is nobody's",
        "claim/look_over.c",
        (("\tif (!overdue && !is_dead(look, claim->member))\n", "\tif (!overdue)\n"),),
        "every_kill", "calls",
    ),
    Mutant(
        "a dead letter goes before it is back",
        "manage/replay.c",
        (("\tr = rename_back(letter, &look);\n",
          "\tdrop_note(letter);\n\tr = fsi_sys_unlinkat(letter->channel.directory_fd,"
          " letter->file_name, 0);\n"),),
        "every_kill", "calls",
    ),
    Mutant(
        "a short write is taken for all",
        "publish/staging.c",
        (("\t\tlength -= (size_t)done;\n", "\t\tlength = 0;\n"),),
        "every_errno", "calls",
    ),
    Mutant(
        "nobody looks whether there was memory for a topic",
        "publish/reserve.c",
        (("\tif (topic == NULL)\n", "\tif (false)\n"),),
        "every_malloc", "calls",
    ),
]
