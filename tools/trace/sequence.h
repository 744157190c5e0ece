/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include "drawing.h"

#define SEQUENCE_WIDTH 930

double sequence_height(const struct drawing *d, size_t most);
void sequence_draw(const struct drawing *d, size_t most, double top);
void milliseconds_text(char *to, size_t size, int64_t ns);
void drawing_title(char *to, size_t size, const struct drawing *d);

#endif /* SEQUENCE_H */
