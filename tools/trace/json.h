/* SPDX-License-Identifier: GPL-2.0 */
#ifndef JSON_H
#define JSON_H

#define JSON_VERSION 1

extern const struct output json_output;

#endif /* JSON_H */
