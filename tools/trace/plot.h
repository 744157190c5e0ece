/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PLOT_H
#define PLOT_H

#include "drawing.h"

#define PLOT_WIDTH 930

double plot_height(const struct drawing *d);
void plot_draw(const struct drawing *d, double top);

#endif /* PLOT_H */
