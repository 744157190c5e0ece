/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words of SVG, and where they go.
 */
#ifndef SVG_H
#define SVG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SVG_LINE 14	/* from one line of text to the next */

void svg_to(FILE *file, bool in_page);
bool svg_in_page(void);
void svg_put(const char *format, ...) __attribute((format(printf, 1, 2)));
void svg_put_text(const char *text);
void svg_begin(double width, double height, const char *kind, const char *title);
void svg_end(void);
void svg_text(double x, double y, const char *more, const char *format, ...)
	__attribute((format(printf, 4, 5)));
void svg_look(void);
void svg_rules(const char *before, bool dark);
double svg_width(const char *text);

#endif /* SVG_H */
