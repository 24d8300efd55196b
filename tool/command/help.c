/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "command.h"

#define COLUMN	26	/* where the meaning of an option begins */
#define EXITS	12	/* and of the exit codes */
#define WIDTH	96

const char *help_option(struct arena *a, const struct option *o)
{
	return arena_format(a, "%s--%s%s%s", o->letter ? arena_format(a, "-%c, ", o->letter) : "", o->name,
			    o->argument ? " " : "", o->argument ? o->argument : "");
}

/* Words of a text from a column on; the first line is there already, up to `at`. */
static void wrap(const char *text, size_t column, size_t at, FILE *out)
{
	size_t word, space;

	if (at >= column) {
		fputc('\n', out);
		at = 0;
	}
	while (*text) {
		word = strcspn(text, " ");
		space = at < column ? column - at : 1;
		if (at > column && at + 1 + word > WIDTH) {
			fputc('\n', out);
			space = column;
			at = 0;
		}
		fprintf(out, "%*s%.*s", (int)space, "", (int)word, text);
		at += space + word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void help_synopsis(const struct command *c, FILE *out)
{
	const char *const *line;

	for (line = c->synopsis; *line; line++)
		fprintf(out, "%s peervisor %s%s%s\n", line == c->synopsis ? "usage:" : "      ", c->name,
			**line ? " " : "", *line);
}

static void print_options(const struct command *c, FILE *out)
{
	const struct option *const *table, *o;
	struct arena a = { 0 };
	const char *text;

	fputs("\noptions:\n", out);
	for (table = c->options; *table; table++)
		for (o = *table; o->name; o++) {
			text = help_option(&a, o);
			fprintf(out, "%s%s", o->letter ? "  " : "      ", text);
			wrap(o->what, COLUMN, strlen(text) + (o->letter ? 2 : 6), out);
		}
	fputs("  -h, --help", out);
	wrap("print this", COLUMN, strlen("  -h, --help"), out);
	arena_free(&a);
}

void help_print(const struct command *c, FILE *out)
{
	const char *const *e;

	help_synopsis(c, out);
	fprintf(out, "\n%s", c->text);
	print_options(c, out);
	fputs("\nexit codes:", out);
	wrap(c->exits, EXITS, strlen("exit codes:"), out);
	fputs("\nexamples:\n", out);
	for (e = c->examples; *e; e++)
		fprintf(out, "  %s\n", *e);
}

void help_usage(FILE *out)
{
	const struct command *const *c;

	fputs("usage: peervisor COMMAND [OPTION...]\n\n", out);
	for (c = commands; *c; c++)
		fprintf(out, "  %-8s %s\n", (*c)->name, (*c)->what);
	fputs("\n  --version              print the version\n"
	      "  --completion SHELL     print a completion script for bash or zsh:\n"
	      "                         source <(peervisor --completion bash)\n"
	      "  --manual               print the manual page: peervisor --manual | man -l -\n"
	      "\n`peervisor COMMAND --help` says more.\n", out);
}
