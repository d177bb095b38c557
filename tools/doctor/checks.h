/* SPDX-License-Identifier: MIT */
/* The functions of the checks, which the table in checks.c names. A file of each group. */
#ifndef DOCTOR_CHECKS_H
#define DOCTOR_CHECKS_H

#include "doctor/facts.h"
#include "doctor/result.h"

#define DOCTOR_CHECK(name) void name(const struct doctor_facts *facts, struct doctor_result *result)

/* check_home.c: whether there is a home that we may use. */
DOCTOR_CHECK(doctor_check_home_parent);
DOCTOR_CHECK(doctor_check_home_missing);
DOCTOR_CHECK(doctor_check_home_denied);
DOCTOR_CHECK(doctor_check_home_type);
DOCTOR_CHECK(doctor_check_home_owner);
DOCTOR_CHECK(doctor_check_home_sticky);

/* check_profile.c: who may use it, and whether it is whole. */
DOCTOR_CHECK(doctor_check_home_mode);
DOCTOR_CHECK(doctor_check_home_inside);
DOCTOR_CHECK(doctor_check_home_trust);
DOCTOR_CHECK(doctor_check_home_version);
DOCTOR_CHECK(doctor_check_clock);

/* check_place.c: what file system it lies on. */
DOCTOR_CHECK(doctor_check_place_network);
DOCTOR_CHECK(doctor_check_place_unsuited);
DOCTOR_CHECK(doctor_check_place_overlay);
DOCTOR_CHECK(doctor_check_place_fuse);
DOCTOR_CHECK(doctor_check_place_disk);
DOCTOR_CHECK(doctor_check_place_read_only);

/* check_space.c: how full that is. */
DOCTOR_CHECK(doctor_check_space_bytes);
DOCTOR_CHECK(doctor_check_space_inodes);
DOCTOR_CHECK(doctor_check_shm_small);
DOCTOR_CHECK(doctor_check_swap);

/* check_memory.c: whether what waits may take that much memory. */
DOCTOR_CHECK(doctor_check_memory_limit);

/* check_channels.c: who reads, and what waits. */
DOCTOR_CHECK(doctor_check_channels_closed);
DOCTOR_CHECK(doctor_check_channel_version);
DOCTOR_CHECK(doctor_check_dead_channels);
DOCTOR_CHECK(doctor_check_leftovers);
DOCTOR_CHECK(doctor_check_unjudged);
DOCTOR_CHECK(doctor_check_dead_letters);
DOCTOR_CHECK(doctor_check_backlog_unread);
DOCTOR_CHECK(doctor_check_formix);
DOCTOR_CHECK(doctor_check_strange_names);

/* check_readers.c: whether they keep up. */
DOCTOR_CHECK(doctor_check_channel_full);
DOCTOR_CHECK(doctor_check_channel_filling);
DOCTOR_CHECK(doctor_check_messages_missed);
DOCTOR_CHECK(doctor_check_reader_stopped);
DOCTOR_CHECK(doctor_check_reader_behind);

/* check_limits.c: what the kernel allows us. */
DOCTOR_CHECK(doctor_check_open_files);
DOCTOR_CHECK(doctor_check_open_files_used);
DOCTOR_CHECK(doctor_check_pipe_pages);
DOCTOR_CHECK(doctor_check_pipe_size);
DOCTOR_CHECK(doctor_check_inotify_instances);
DOCTOR_CHECK(doctor_check_inotify_watches);

/* check_login.c: what the system does to a home. */
DOCTOR_CHECK(doctor_check_remove_ipc);
DOCTOR_CHECK(doctor_check_private_tmp);
DOCTOR_CHECK(doctor_check_umask);
DOCTOR_CHECK(doctor_check_protected_hardlinks);
DOCTOR_CHECK(doctor_check_protected_symlinks);
DOCTOR_CHECK(doctor_check_protected_fifos);
DOCTOR_CHECK(doctor_check_protected_regular);

/* check_library.c: whether programs find the library. */
DOCTOR_CHECK(doctor_check_library_cache);

/* check_namespaces.c: who sees whom. */
DOCTOR_CHECK(doctor_check_pid_namespace);
DOCTOR_CHECK(doctor_check_user_namespace);
DOCTOR_CHECK(doctor_check_mount_namespace);

#undef DOCTOR_CHECK

#endif
