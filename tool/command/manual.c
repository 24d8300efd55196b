/* SPDX-License-Identifier: BSD-2-Clause */
/* peervisor.1: troff from the tables of the commands. */
#include <string.h>

#include "command.h"

/* Backslashes and hyphens escaped; a control character at the start of a line made harmless. */
static void put(const char *text, FILE *out)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		start = *text == '\n';
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

static void put_options(const struct command *c, struct arena *a, FILE *out)
{
	const struct option *const *table, *o;

	for (table = c->options; *table; table++)
		for (o = *table; o->name; o++) {
			fputs(".TP\n.B ", out);
			put(help_option(a, o), out);
			fputc('\n', out);
			put(o->what, out);
			fputc('\n', out);
		}
	fputs(".TP\n.B \\-h, \\-\\-help\nprint the command's help\n", out);
}

static void put_command(const struct command *c, struct arena *a, FILE *out)
{
	const char *const *line;

	fputs(".SS ", out);
	for (line = c->synopsis; *line; line++) {
		if (line != c->synopsis)
			fputs(".br\n", out);
		fprintf(out, "peervisor %s%s", c->name, **line ? " " : "");
		put(*line, out);
		fputc('\n', out);
	}
	fputs(".PP\n.nf\n", out);
	put(c->text, out);
	fputs(".fi\n", out);
	put_options(c, a, out);
	fputs(".PP\nExit codes: ", out);
	put(c->exits, out);
	fputs("\n.PP\n.nf\n", out);
	for (line = c->examples; *line; line++) {
		put(*line, out);
		fputc('\n', out);
	}
	fputs(".fi\n", out);
}

void manual_print(FILE *out)
{
	const struct command *const *c;
	struct arena a = { 0 };

	fputs(".\\\" SPDX-License-Identifier: BSD-2-Clause\n.TH PEERVISOR 1 \"\" \"Peervisor " PEERVISOR_VERSION
	      "\" \"Peervisor\"\n.SH NAME\npeervisor \\- systems of peer virtual machines from one "
	      "assembly\n.SH SYNOPSIS\n.B peervisor\n.I COMMAND\n[\\fIOPTION\\fR...]\n.br\n"
	      ".B peervisor \\-\\-version\n.br\n.B peervisor \\-\\-completion\n.I SHELL\n.br\n"
	      ".B peervisor \\-\\-manual\n.SH DESCRIPTION\n"
	      "Builds, checks, draws, audits and runs the systems that CAmkES assemblies describe.\n"
	      ".SH COMMANDS\n", out);
	for (c = commands; *c; c++)
		put_command(*c, &a, out);
	fputs(".SH EXIT STATUS\n0: done; 1: it cannot be done, and one line says why; 2: wrong usage.\n", out);
	arena_free(&a);
}
