/* SPDX-License-Identifier: MIT */
/* Whether we run in a container, by the marks that those who start them leave. */
#ifndef DOCTOR_CONTAINER_H
#define DOCTOR_CONTAINER_H

#include "doctor/system.h"

/* A word for what started it: "docker", "podman", "kubernetes", ... "container" if it can't be
 * told; NULL: none. */
const char *doctor_container(const struct doctor_system *system);

#endif
