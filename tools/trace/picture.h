/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pictures of connections, in a file.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "trace.h"

extern const struct output picture_svg, picture_plot, picture_html;

void picture_open(const char *name);

#endif /* PICTURE_H */
