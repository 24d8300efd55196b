/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion for bash, from the tables of the commands; zsh runs the same script. */
#include <string.h>

#include "command.h"

static void put_words(const struct command *c, FILE *out)
{
	const struct option *const *table, *o;
	const char *const *w;

	fprintf(out, "\t%s)\n\t\toptions='--help -h", c->name);
	for (table = c->options; *table; table++)
		for (o = *table; o->name; o++) {
			fprintf(out, " --%s", o->name);
			if (o->letter)
				fprintf(out, " -%c", o->letter);
		}
	fputs("'\n\t\twords='", out);
	for (w = c->words; w && *w; w++)
		fprintf(out, "%s%s", w == c->words ? "" : " ", *w);
	fputs("'\n\t\t;;\n", out);
}

/* "--output|-o|": the options of a kind, of all commands; a name means the same everywhere. */
static void put_kind(enum option_kind kind, const char *action, FILE *out)
{
	const struct command *const *c;
	const struct option *const *table, *o;
	const char *bar = "";

	fputc('\t', out);
	for (c = commands; *c; c++)
		for (table = (*c)->options; *table; table++)
			for (o = *table; o->name; o++) {
				if (!o->values || o->kind != kind)
					continue;
				fprintf(out, "%s--%s", bar, o->name);
				bar = "|";
				if (o->letter)
					fprintf(out, "|-%c", o->letter);
			}
	fprintf(out, ")\n\t\t%s\n\t\treturn\n\t\t;;\n", action);
}

static void put_script(FILE *out)
{
	const struct command *const *c;

	fputs("# SPDX-License-Identifier: BSD-2-Clause\n"
	      "_peervisor() {\n\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal options= words=\n\tCOMPREPLY=()\n\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '", out);
	for (c = commands; *c; c++)
		fprintf(out, "%s ", (*c)->name);
	fputs("--help --version --completion --manual' -- \"$current\"))\n\t\treturn\n\tfi\n"
	      "\tcase $before in\n", out);
	put_kind(OPTION_FILE, "COMPREPLY=($(compgen -f -- \"$current\"))", out);
	put_kind(OPTION_FOLDER, "COMPREPLY=($(compgen -d -- \"$current\"))", out);
	put_kind(OPTION_PLATFORM, "COMPREPLY=($(compgen -W 'qemu-arm-virt rpi4' -- \"$current\"))", out);
	put_kind(OPTION_TEXT, "", out);
	fputs("\t--completion)\n\t\tCOMPREPLY=($(compgen -W 'bash zsh' -- \"$current\"))\n\t\treturn\n\t\t;;\n"
	      "\tesac\n\tcase ${COMP_WORDS[1]} in\n", out);
	for (c = commands; *c; c++)
		put_words(*c, out);
	fputs("\tesac\n\tcase $current in\n\t-*)\n\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
	      "\t\t;;\n\t*)\n\t\tif [ -n \"$words\" ]; then\n"
	      "\t\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n\t\telse\n"
	      "\t\t\tCOMPREPLY=($(compgen -f -X '!*.@(camkes|img)' -- \"$current\") "
	      "$(compgen -d -S / -- \"$current\"))\n"
	      "\t\tfi\n\t\t;;\n\tesac\n}\n"
	      "shopt -s extglob 2>/dev/null || :\n"
	      "complete -o filenames -F _peervisor peervisor\n", out);
}

bool completion_print(const char *shell, FILE *out)
{
	bool zsh = strcmp(shell, "zsh") == 0;

	if (!zsh && strcmp(shell, "bash") != 0)
		return false;
	if (zsh)
		fputs("autoload -Uz compinit bashcompinit && compinit && bashcompinit\n", out);
	put_script(out);
	return true;
}
