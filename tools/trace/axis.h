/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From numbers to places, and the ticks that say which is where.
 */
#ifndef AXIS_H
#define AXIS_H

#include <stdbool.h>
#include <stddef.h>

#define AXIS_TICKS 12

/**
 * struct axis - a range of numbers, and where its ends are drawn
 * @log: by powers of ten: then @low is above 0
 */
struct axis {
	double low, high, from, to;
	bool log;
	double tick[AXIS_TICKS + 2];
	int ticks;
};

void axis_make(struct axis *a, double low, double high, double from, double to, bool log);
double axis_at(const struct axis *a, double value);
void number_text(char *to, size_t size, double value);
void seconds_text(char *to, size_t size, double us);

#endif /* AXIS_H */
