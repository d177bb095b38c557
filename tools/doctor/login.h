/* SPDX-License-Identifier: MIT */
/* What systemd-logind does when the last session of a user ends. */
#ifndef DOCTOR_LOGIN_H
#define DOCTOR_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "doctor/system.h"

/* Whether it runs here. */
bool doctor_login_runs(const struct doctor_system *system);

/* RemoveIPC= of logind.conf(5), with what is added to that: yes unless somebody says no. */
bool doctor_login_removes_ipc(const struct doctor_system *system);

/* Whether it leaves a user's things alone: root's, a system user's, or who lingers. */
bool doctor_login_spares(const struct doctor_system *system, uint32_t uid);

#endif
