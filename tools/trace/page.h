/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAGE_H
#define PAGE_H

#include "drawing.h"

void page_begin(void);
void page_message(const char *text);
void page_connection(const struct drawing *d, size_t most);
void page_end(size_t drawings_drawn, size_t most);

#endif /* PAGE_H */
