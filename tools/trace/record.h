/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RECORD_H
#define RECORD_H

#include <event-parse.h>

#include "event.h"

struct tep_handle *record_formats(void);
bool record_read(struct tep_handle *tep, struct tep_record *record, struct event *e);

#endif /* RECORD_H */
