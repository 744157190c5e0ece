/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network namespaces: by name, by process, all that can be found.
 */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>

uint32_t namespace_here(void);
uint32_t namespace_of(const char *name_or_pid, char *path, unsigned long size);
bool namespace_enter(const char *path);
void namespaces_each(void (*f)(uint32_t netns, const char *path, void *data), void *data);

#endif /* NAMESPACES_H */
