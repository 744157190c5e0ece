// SPDX-License-Identifier: GPL-2.0
/*
 * The file that a picture goes to, and what stands in it one below the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page.h"
#include "picture.h"
#include "plot.h"
#include "sequence.h"
#include "svg.h"

#define CONNECTIONS_DRAWN 12
#define MESSAGE 30

static FILE *file;
static const char *name;

/**
 * picture_open() - see that a file can be written, before anything is watched
 * @to: its name; "-": standard output
 *
 * What it holds stays until the picture is complete.  One that cannot be written ends the program.
 */
void picture_open(const char *to)
{
	int fd = strcmp(to, "-") ? open(to, O_WRONLY | O_CREAT, 0666) : STDOUT_FILENO;

	name = strcmp(to, "-") ? to : "standard output";
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		die("cannot write %s: %s", name, strerror(errno));
}

static void file_begin(void)
{
	struct stat st;

	if (!fstat(fileno(file), &st) && S_ISREG(st.st_mode) && file != stdout &&
	    fileno(file) != STDOUT_FILENO && ftruncate(fileno(file), 0))
		die("cannot write %s: %s", name, strerror(errno));
}

static int file_end(void)
{
	bool bad = ferror(file);

	if (fclose(file) || bad)
		die("cannot write %s: %s", name, strerror(errno));
	return 0;
}

/* What is said above all: that there is more than is drawn, or less than happened. */
static size_t messages(char text[2][160])
{
	unsigned long connections = 0, segments = 0;
	size_t n = 0;

	for (const struct drawing *d = drawings; d; d = d->next) {
		connections++;
		segments += d->segments - d->kept;
	}
	if (!connections)
		snprintf(text[n++], sizeof(text[0]), "no segment was seen");
	if (drawing_lost_events)
		snprintf(text[n++], sizeof(text[0]),
			 "%u events were lost: they came too fast; a segment that seems lost may be one of them",
			 drawing_lost_events);
	else if (connections > CONNECTIONS_DRAWN || segments)
		snprintf(text[n++], sizeof(text[0]),
			 "of %lu connections %d are drawn at most; of segments the first %d were kept",
			 connections, CONNECTIONS_DRAWN, SEGMENTS_KEPT);
	return n;
}

/* Each may have its share of what can be drawn. */
static size_t share(void)
{
	size_t n = 0;

	for (const struct drawing *d = drawings; d && n < CONNECTIONS_DRAWN; d = d->next)
		n++;
	return n ? SEGMENTS_DRAWN / n : SEGMENTS_DRAWN;
}

static int end_svg(bool plot)
{
	size_t most = share(), n = 0, said;
	double y = 0, height;
	char text[2][160];

	drawing_end();
	said = messages(text);
	height = said * MESSAGE;
	for (const struct drawing *d = drawings; d && n < CONNECTIONS_DRAWN; d = d->next, n++)
		height += plot ? plot_height(d) : sequence_height(d, most);
	file_begin();
	svg_to(file, false);
	svg_begin(plot ? PLOT_WIDTH : SEQUENCE_WIDTH, height, "", plot ?
		  "Sequence numbers over time, as xtcp-trace saw them" :
		  "Segments and states, as xtcp-trace saw them");
	for (size_t i = 0; i < said; i++, y += MESSAGE)
		svg_text(SEQUENCE_WIDTH / 2.0, y + 20, "class=\"c\"", "%s", text[i]);
	n = 0;
	for (const struct drawing *d = drawings; d && n < CONNECTIONS_DRAWN; d = d->next, n++) {
		if (plot)
			plot_draw(d, y);
		else
			sequence_draw(d, most, y);
		y += plot ? plot_height(d) : sequence_height(d, most);
	}
	svg_end();
	return file_end();
}

static int end_sequence(void)
{
	return end_svg(false);
}

static int end_plot(void)
{
	return end_svg(true);
}

static int end_html(void)
{
	size_t most = share(), n = 0, said;
	char text[2][160];

	drawing_end();
	said = messages(text);
	file_begin();
	svg_to(file, true);
	page_begin();
	for (size_t i = 0; i < said; i++)
		page_message(text[i]);
	for (const struct drawing *d = drawings; d && n < CONNECTIONS_DRAWN; d = d->next, n++)
		page_connection(d, most);
	page_end(CONNECTIONS_DRAWN, most);
	return file_end();
}

#define KINDS (EVENT_IS(STATE) | EVENT_IS(SEGMENT_IN) | EVENT_IS(SEGMENT_OUT) | EVENT_IS(ACKED) | \
	       EVENT_IS(WAITS) | EVENT_IS(RETRANSMIT) | EVENT_IS(DROP) | EVENT_IS(SOCKET) | \
	       EVENT_IS(LOST) | EVENT_IS(TICK))

const struct output picture_svg = {
	.kinds = KINDS,
	.begin = drawing_begin,
	.event = drawing_event,
	.end = end_sequence,
};

const struct output picture_plot = {
	.kinds = KINDS,
	.begin = drawing_begin,
	.event = drawing_event,
	.end = end_plot,
};

const struct output picture_html = {
	.kinds = KINDS,
	.begin = drawing_begin,
	.event = drawing_event,
	.end = end_html,
};
