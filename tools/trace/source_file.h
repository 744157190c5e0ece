/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line of a file as an event.
 */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include "event.h"

bool text_line(const char *line, struct event *e);
bool json_first_line(const char *line, const char **wrong);
bool json_line(const char *line, struct event *e, const char **wrong);

#endif /* SOURCE_FILE_H */
