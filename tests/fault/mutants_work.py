# SPDX-License-Identifier: MIT
"""Mutants of work on durable channels: claims, places, deadlines, dead letters (see mutants.py)."""

from mutant import Mutant

WORK_MUTANTS = [
    # Claims.
    Mutant(
        "a message is handed out without a claim",
        "claim/claim.c",
        (("\tr = rename_to(place, from, &claim);\n", "\tr = 0;\n"),),
        "work_pause", "workers",
    ),
    Mutant(
        "what another worker has claimed is handed out, too",
        "claim/claim.c",
        (("\tif (r == -ENOENT)\n\t\treturn FSI_CLAIM_LOST;\n\tif (r < 0)\n"
          "\t\treturn fsi_fail_errno(-r, from, \"cannot claim",
          "\tif (r < 0 && r != -ENOENT)\n"
          "\t\treturn fsi_fail_errno(-r, from, \"cannot claim"),),
        "work_pause", "workers",
    ),
    Mutant(
        "an acknowledgement that comes too late is a success",
        "claim/claim.c",
        (("\treturn answer(place, name, fsi_sys_unlinkat(place->directory_fd, name, 0));",
          "\t(void)fsi_sys_unlinkat(place->directory_fd, name, 0);\n\treturn FSI_CLAIM_DONE;"),),
        "work_pause", "late",
    ),
    Mutant(
        "an acknowledgement that failed is a success",
        "claim/claim.c",
        (("\tif (r < 0)\n\t\treturn fsi_fail_errno(-r, name, \"cannot settle %s/%s\", "
          "place->channel_name, name);\n", ""),),
        "work_errno", "failures",
    ),
    Mutant(
        "what failed is gone",
        "claim/claim.c",
        (("\treturn answer(place, name, rename_to(place, name, &delayed));",
          "\treturn answer(place, name, fsi_sys_unlinkat(place->directory_fd, name, 0));"),),
        "work_kill", "alone",
    ),
    Mutant(
        "what the dead had claimed stays theirs",
        "claim/look_over.c",
        (("\tif (!overdue && !is_dead(look, claim->member))\n", "\tif (!overdue)\n"),),
        "work_kill", "group",
    ),
    Mutant(
        "a deadline is over only once its worker is dead",
        "claim/look_over.c",
        (("\tif (!overdue && !is_dead(look, claim->member))\n",
          "\tif (!is_dead(look, claim->member))\n"),),
        "deadline", "claims",
    ),
    Mutant(
        "what is further away than any deadline is waited for",
        "claim/claim.c",
        (("(time_ms - now_ms > SLACK_MS && time_ms - now_ms - SLACK_MS > most_ms)", "false"),),
        "deadline", "claims",
    ),
    Mutant(
        "what is further away than any delay is waited for",
        "claim/claim.c",
        (("(time_ms - now_ms > SLACK_MS && time_ms - now_ms - SLACK_MS > most_ms)", "false"),),
        "deadline", "delays",
    ),
    Mutant(
        "a longer deadline than that of others is not noted",
        "claim/claim.c",
        (("\tnote_longest(&place->control->deadline_ms_most, deadline_ms);\n", ""),),
        "deadline", "claims",
    ),
    Mutant(
        "what was delayed is never looked for",
        "claim/look_over.c",
        (("\tif (due == NULL || !fsi_claim_is_due(name->time_ms, look->now_ms, most_ms))\n",
          "\tif (true)\n"),),
        "work_kill", "alone",
    ),
    Mutant(
        "an attempt that its worker died of is not counted",
        "claim/look_over.c",
        (("fsi_claim_give_back(look->place, claim, 0, claim->attempt)",
          "fsi_claim_give_back(look->place, claim, 0, claim->attempt - 1)"),),
        "work_kill_dead", "poison",
    ),
    Mutant(
        "an attempt that ended with a close is counted",
        "subscribe/work.c",
        (("\t\t(void)fsi_claim_give_back(&channel->workplace, &delivery->claim, 0,\n"
          "\t\t\t\t\t  delivery->attempt - 1);\n",
          "\t\t(void)fsi_claim_give_back(&channel->workplace, &delivery->claim, 0,\n"
          "\t\t\t\t\t  delivery->attempt);\n"),),
        "work_kill", "group",
    ),
    Mutant(
        "who closes keeps what it has claimed",
        "subscribe/durable.c",
        (("\tfsi_work_give_all_back(channel);\n", ""),),
        "work_kill", "group",
    ),
    Mutant(
        "who dies of a message is followed by others without end",
        "claim/look_over.c",
        (("bool is_last = claim->attempt >= look->place->attempts_max;", "bool is_last = false;"),),
        "work_kill_dead", "poison",
    ),
    Mutant(
        "a sweep leaves the claims of the dead to readers",
        "recover/sweep_channels.c",
        (("\t\tlook_over(sweep, &place);\n", "\t\t;\n"),),
        "work_kill_dead", "swept",
    ),
    # Who reads.
    Mutant(
        "two may read alone",
        "subscribe/durable.c",
        (("(channel->shared ? LOCK_SH : LOCK_EX) | LOCK_NB", "LOCK_SH | LOCK_NB"),),
        "work_pause", "alone",
    ),
    Mutant(
        "who attaches does not look whether the name leads elsewhere by now",
        "subscribe/durable.c",
        (("\treturn is_named(channel);\n", "\treturn 1;\n"),),
        "work_pause", "removal",
    ),
    Mutant(
        "at most once: what the dead had claimed is for nobody",
        "subscribe/work.c",
        (("\tchannel->works = channel->settles || options->durable != NULL;\n",
          "\tchannel->works = channel->settles;\n"),),
        "work_kill_dead", "once",
    ),
    # Places in segments.
    Mutant(
        "at least once: the place is behind what is unsettled",
        "subscribe/places.c",
        (("\tsize_t lowest = first != NULL ? first->offset : view->at;\n",
          "\tsize_t lowest = view->at;\n"),),
        "work_kill", "alone",
    ),
    Mutant(
        "at most once: the place is not saved ahead",
        "subscribe/places.c",
        (("\tif (view->at < view->offset)\n\t\treturn 1;\n", "\treturn 1;\n"),),
        "work_kill", "once",
    ),
    Mutant(
        "how far the last reader had handed out is forgotten",
        "subscribe/places.c",
        (("\tif (line < 0)\n\t\treturn;\n", "\treturn;\n"),),
        "work_kill_dead", "dead",
    ),
    Mutant(
        "who attaches and goes again forgets how far the last reader had handed out",
        "subscribe/places.c",
        (("\t\t\tchannel->former_places |= UINT64_C(1) << i;\n",
          "\t\t\tchannel->former_places |= UINT64_C(1) << i;\n"
          "\tfor (int i = 0; i < FSI_CONTROL_PLACES; i++)\n"
          "\t\tatomic_store(&channel->control->places[i].key, 0);\n"),),
        "work_kill_dead", "dead",
    ),
    Mutant(
        "a segment goes while its messages are unsettled",
        "subscribe/sources.c",
        (("\tbool settled = view->first_unsettled == 0;\n", "\tbool settled = true;\n"),),
        "work_kill", "alone", "fast",
    ),
    Mutant(
        "what is rejected in a segment is gone though it could not be written",
        "subscribe/settle.c",
        (("\tr = write_out(channel, delivery, &name);\n\tif (r < 0)\n\t\treturn r;\n",
          "\t(void)write_out(channel, delivery, &name);\n"),),
        "work_space", "readers",
    ),
    Mutant(
        "what failed in a segment is gone if it can't be written",
        "subscribe/settle.c",
        (("\t\tfsi_held_keep(channel, delivery, delay_ms);\n", "\t\tend(channel, delivery);\n"),),
        "work_space", "readers",
    ),
    Mutant(
        "a group does not note which messages it has made files of",
        "subscribe/group.c",
        (("\t\tatomic_store(&line->offset, frame->next | FSI_CONTROL_WRITTEN_OUT);\n", "\t\t;\n"),),
        "work_kill", "group",
    ),
    Mutant(
        "a group without space leaves segments as they are",
        "subscribe/group.c",
        (("\tchannel->reads_segments = true;\n", ""),),
        "work_space", "readers", "fast",
    ),
    Mutant(
        "two of a group make files of the same messages",
        "subscribe/group.c",
        (("fsi_sys_flock(fd, LOCK_EX | LOCK_NB)", "0"),),
        "work_pause", "workers",
    ),
    # From outside.
    Mutant(
        "a purge takes what is claimed, too",
        "manage/purge.c",
        (("work.kind == FSI_WORK_DELAYED;",
          "(work.kind == FSI_WORK_DELAYED || work.kind == FSI_WORK_CLAIMED);"),),
        "work_pause", "outside",
    ),
    Mutant(
        "a dead letter is discarded before it is replayed",
        "manage/replay.c",
        (("\tr = rename_back(letter, &look);\n",
          "\tdrop_note(letter);\n\tr = fsi_sys_unlinkat(letter->channel.directory_fd,"
          " letter->file_name, 0);\n"),),
        "work_kill_dead", "outside",
    ),
    Mutant(
        "the note of a dead letter outlives it",
        "claim/look_over.c",
        (("\t\t(void)fsi_entry_remove(look->place->directory_fd, text);\n", "\t\t;\n"),),
        "work_kill_dead", "outside",
    ),
    Mutant(
        "an arrival is in the channel before it is out of the inbox",
        "recover/inbox.c",
        (("r = fsi_sys_rename(inbox_fd, name, channel_fd, name);",
          "r = fsi_sys_linkat(inbox_fd, name, channel_fd, name, 0);\n"
          "\tif (r == 0)\n\t\tr = fsi_sys_unlinkat(inbox_fd, name, 0);"),),
        "inbox", "killed",
    ),
]
