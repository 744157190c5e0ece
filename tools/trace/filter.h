/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which events are wanted.  Kinds of conditions are and-ed, those of the same kind or-ed.
 */
#ifndef FILTER_H
#define FILTER_H

#include "event.h"

bool filter_port(const char *text);
bool filter_addr(const char *text);
bool filter_netns(const char *text);
void filter_netns_here(void);
bool filter_pid(const char *text);
bool filter_any(void);
bool filter_passes(const struct event *e);

/* pids.c */
bool pids_add(const char *text);
bool pids_any(void);
bool pids_hold(const struct event *e);

#endif /* FILTER_H */
