/* SPDX-License-Identifier: MIT */
/* Random names: 12 characters of A-Z a-z 0-9, as formix-pubsub's channels have them. */
#ifndef FSPS_BASE_RANDOM_H
#define FSPS_BASE_RANDOM_H

/* Characters of a random name, without the NUL. */
#define FSI_RANDOM_NAME_LEN 12

/* Fills name (FSI_RANDOM_NAME_LEN + 1 bytes). Returns 0 or a failure. */
int fsi_random_name(char *name);

#endif
