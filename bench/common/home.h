/* SPDX-License-Identifier: MIT */
/* The run's home, where the subscribers of peers without a broker leave what a publisher finds. */
#ifndef BENCH_HOME_H
#define BENCH_HOME_H

#include <limits.h>

typedef char home_name[NAME_MAX + 1];

/* Makes PUBSUB_HOME if it is not there and opens it. A descriptor, or -1 with errno. */
int home_open(void);

/* The names in the home that begin with a prefix, of which there must be count (at most
 * PEER_SUBSCRIBERS_MAX). 0, or -1 with errno. */
int home_find(int home, const char *prefix, int count, home_name *ret_names);

#endif
