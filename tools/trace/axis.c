// SPDX-License-Identifier: GPL-2.0
/*
 * From numbers to places.  Ticks are 1, 2 or 5 times a power of ten apart.
 */
#include <math.h>
#include <stdio.h>

#include "axis.h"

static void linear_ticks(struct axis *a)
{
	double least = (a->high - a->low) / 8, power = pow(10, floor(log10(least)));
	double step = least / power;

	step = power * (step <= 1 ? 1 : step <= 2 ? 2 : step <= 5 ? 5 : 10);
	for (double t = ceil(a->low / step) * step;
	     t <= a->high + step / 1e6 && a->ticks < AXIS_TICKS; t += step)
		a->tick[a->ticks++] = fabs(t) < step / 1e6 ? 0 : t;
}

static void log_ticks(struct axis *a)
{
	a->low = pow(10, floor(log10(a->low)));
	a->high = pow(10, ceil(log10(a->high)));
	for (double t = a->low; t <= a->high * 1.01 && a->ticks < AXIS_TICKS; t *= 10)
		a->tick[a->ticks++] = t;
}

/**
 * axis_make() - make an axis
 * @a: the axis
 * @low: the least number on it; of a logarithmic one above 0
 * @high: the largest
 * @from: where @low is drawn
 * @to: where @high is drawn
 * @log: by powers of ten
 */
void axis_make(struct axis *a, double low, double high, double from, double to, bool log)
{
	*a = (struct axis) { .low = low, .high = high, .from = from, .to = to, .log = log };
	if (log) {
		if (a->high < a->low * 10)
			a->high = a->low * 10;
		log_ticks(a);
		return;
	}
	if (a->high - a->low < 1)
		a->high = a->low + 1;
	linear_ticks(a);
}

/**
 * axis_at() - where a number is drawn
 * @a: the axis
 * @value: the number
 *
 * Return: the place
 */
double axis_at(const struct axis *a, double value)
{
	double part = a->log ? log(fmax(value, a->low) / a->low) / log(a->high / a->low) :
			       (value - a->low) / (a->high - a->low);

	return a->from + part * (a->to - a->from);
}

/**
 * number_text() - a number of octets in few letters
 * @to: where it goes
 * @size: of it, in bytes
 * @value: the number
 */
void number_text(char *to, size_t size, double value)
{
	double at = fabs(value);

	if (at >= 1e9)
		snprintf(to, size, "%.4g G", value / 1e9);
	else if (at >= 1e6)
		snprintf(to, size, "%.4g M", value / 1e6);
	else if (at >= 1e4)
		snprintf(to, size, "%.4g k", value / 1e3);
	else
		snprintf(to, size, "%.4g", value);
}

/**
 * seconds_text() - a time in the unit that suits it
 * @to: where it goes
 * @size: of it, in bytes
 * @us: the time, in microseconds
 */
void seconds_text(char *to, size_t size, double us)
{
	double at = fabs(us);

	if (at >= 1e6)
		snprintf(to, size, "%.5g s", us / 1e6);
	else if (at >= 1e3 || !at)
		snprintf(to, size, "%.5g ms", us / 1e3);
	else
		snprintf(to, size, "%.5g us", us);
}
