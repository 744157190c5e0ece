// SPDX-License-Identifier: GPL-2.0
/*
 * Events from a file: what --json wrote, or the kernel's own lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "source_file.h"
#include "trace.h"

static FILE *open_file(const char *name)
{
	struct stat st;
	FILE *file;

	if (!strcmp(name, "-"))
		return stdin;
	file = fopen(name, "r");
	if (!file || fstat(fileno(file), &st) || S_ISDIR(st.st_mode))
		die("cannot read %s", name);
	return file;
}

/* Whoever the events come from, they are nearly in order. */
static void add(const struct event *e)
{
	pipe_add(e);
	if (pipe_latest_ns() > hold_ns)
		pipe_release(pipe_latest_ns() - hold_ns);
}

static void read_json(FILE *file, const char *name, char **line, size_t *room)
{
	unsigned long number = 1;
	const char *wrong = "";
	struct event e;

	if (!json_first_line(*line, &wrong))
		die("%s, line 1: %s", name, wrong);
	while (getline(line, room, file) >= 0) {
		number++;
		if (!json_line(*line, &e, &wrong))
			die("%s, line %lu: %s", name, number, wrong);
		add(&e);
	}
}

static void read_text(FILE *file, char **line, size_t *room)
{
	struct event e;

	hold_ns = HOLD_TEXT_NS;
	do {
		if (text_line(*line, &e)) {
			if (e.kind == EVENT_LOST)
				e.ns = pipe_latest_ns();
			add(&e);
		}
	} while (getline(line, room, file) >= 0);
}

/**
 * file_read() - take events from a file
 * @name: of the file; "-": standard input
 *
 * Return: the exit status.  What cannot be read, or has no event, ends the program
 */
int file_read(const char *name)
{
	FILE *file = open_file(name);
	char *line = NULL;
	size_t room = 0;

	if (getline(&line, &room, file) >= 0) {
		if (*line == '{')
			read_json(file, name, &line, &room);
		else
			read_text(file, &line, &room);
	}
	free(line);
	if (ferror(file))
		die("cannot read %s: %s", name, strerror(errno));
	if (!pipe_count())
		die("there is no event of xtcp in what was read");
	return 0;
}
