// SPDX-License-Identifier: GPL-2.0
/*
 * Words of SVG: texts, frames, and the colours of all pictures, for light and for dark.
 */
#include <stdarg.h>
#include <string.h>

#include "svg.h"
#include "trace.h"

/* What is text, or drawn as thin, has a contrast of 4.5 at least with what is behind it. */
static const struct {
	const char *selector, *property, *light, *dark;
} colours[] = {
	{ ".bg", "fill", "#ffffff", "#0d1117" },
	{ "text", "fill", "#1f2328", "#e6edf3" },
	{ "text", "stroke", "#ffffff", "#0d1117" },	/* around it, behind it */
	{ ".gap", "stroke", "#ffffff", "#0d1117" },
	{ ".m", "fill", "#57606a", "#9198a1" },
	{ ".life", "stroke", "#57606a", "#9198a1" },
	{ ".grid", "stroke", "#d0d7de", "#30363d" },
	{ ".a path", "stroke", "#0550ae", "#79c0ff" },	/* of the left end */
	{ ".a text", "fill", "#0550ae", "#79c0ff" },
	{ ".b path", "stroke", "#116329", "#56d364" },	/* of the right end */
	{ ".b text", "fill", "#116329", "#56d364" },
	{ ".x path,path.x", "stroke", "#cf222e", "#ff7b72" },	/* lost */
	{ ".x text,text.x", "fill", "#cf222e", "#ff7b72" },
	{ ".s .n,.n", "fill", "#7d4e00", "#e3b341" },
	{ ".first", "stroke", "#0550ae", "#79c0ff" },
	{ ".again", "stroke", "#bc4c00", "#ffa657" },
	{ ".acks", "stroke", "#116329", "#56d364" },
	{ ".window", "stroke", "#6639ba", "#d2a8ff" },
	{ ".sack", "stroke", "#99286e", "#f778ba" },
};

static FILE *to;
static bool in_page;

/**
 * svg_to() - where all that follows goes
 * @file: the file
 * @page: into a page, which has the colours and says which segment is which
 */
void svg_to(FILE *file, bool page)
{
	to = file;
	in_page = page;
}

/**
 * svg_in_page() - whether a page is made
 *
 * Return: whether
 */
bool svg_in_page(void)
{
	return in_page;
}

/**
 * svg_put() - write as it is
 * @format: as of printf()
 */
void svg_put(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
}

/**
 * svg_put_text() - write what may have any character, so that it is text
 * @text: the text
 */
void svg_put_text(const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '<')
			fputs("&lt;", to);
		else if (c == '>')
			fputs("&gt;", to);
		else if (c == '&')
			fputs("&amp;", to);
		else if (c == '"')
			fputs("&quot;", to);
		else if (c < ' ' || c > '~')
			putc('?', to);
		else
			putc(c, to);
	}
}

/**
 * svg_text() - a text at a place
 * @x: where it is anchored
 * @y: its base line
 * @more: attributes
 * @format: as of printf(), of the text
 */
void svg_text(double x, double y, const char *more, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	svg_put("<text x=\"%.5g\" y=\"%.8g\"%s%s>", x, y, *more ? " " : "", more);
	svg_put_text(text);
	svg_put("</text>\n");
}

/**
 * svg_width() - how wide a text is, roughly
 * @text: the text
 *
 * Return: the width, at the size of most texts
 */
double svg_width(const char *text)
{
	return 6.2 * strlen(text);
}

/**
 * svg_rules() - the colours
 * @before: what stands before every selector
 * @dark: those for a dark background
 */
void svg_rules(const char *before, bool dark)
{
	for (size_t i = 0; i < sizeof(colours) / sizeof(*colours); i++) {
		const char *selector = colours[i].selector, *comma = strchr(selector, ',');

		if (comma)
			svg_put("%s%.*s,%s%s", before, (int)(comma - selector), selector, before,
				comma + 1);
		else
			svg_put("%s%s", before, selector);
		svg_put("{%s:%s}\n", colours[i].property,
			dark ? colours[i].dark : colours[i].light);
	}
}

/**
 * svg_look() - the style of pictures, but for the colours
 */
void svg_look(void)
{
	svg_put("text{font:11px system-ui,sans-serif;paint-order:stroke;stroke-width:3px;"
		"stroke-linejoin:round}\n"
		"path{fill:none;stroke-width:1.5}\n"
		".life{stroke-width:2}.gap{stroke-width:4}\n.grid{stroke-width:1}\n"
		".e{text-anchor:end}\n.c{text-anchor:middle}\n.h{font-weight:600;font-size:13px}\n"
		".st{font-weight:600}\n.n{font-style:italic}\n.alone path{stroke-dasharray:5 3}\n"
		".cut{fill:none;stroke-dasharray:none}\n.dot{stroke-width:4;stroke-linecap:round}\n"
		".thin{stroke-dasharray:4 3}\n.wide{stroke-width:2.5}\n");
}

/**
 * svg_begin() - begin a picture
 * @width: of it
 * @height: of it
 * @kind: a word for what it is
 * @title: says to those who do not see it what it shows
 */
void svg_begin(double width, double height, const char *kind, const char *title)
{
	svg_put("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\"", width,
		height);
	if (in_page)
		svg_put(" class=\"%s\"", kind);
	else
		svg_put(" width=\"%.0f\" height=\"%.0f\"", width, height);
	svg_put(" role=\"%s\" aria-label=\"", in_page ? "group" : "img");
	svg_put_text(title);
	svg_put("\">\n");
	if (!in_page) {
		svg_put("<title>");
		svg_put_text(title);
		svg_put("</title>\n<style>\n");
		svg_look();
		svg_rules("", false);
		svg_put("@media (prefers-color-scheme:dark){\n");
		svg_rules("", true);
		svg_put("}\n</style>\n");
	}
	svg_put("<rect class=\"bg\" width=\"%.0f\" height=\"%.0f\"/>\n", width, height);
}

/**
 * svg_end() - the picture is complete
 */
void svg_end(void)
{
	svg_put("</svg>\n");
}
