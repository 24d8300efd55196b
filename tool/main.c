/* SPDX-License-Identifier: BSD-2-Clause */
/* peervisor: the program on the user's machine. */
#include <stdio.h>
#include <string.h>

#include "adl/nearest.h"
#include "command/command.h"

#define SLIPS 3

const struct command *const commands[] = {
	&build_command, &run_command, &check_command, &view_command, &audit_command, &new_command,
	&doctor_command, NULL,
};

static int unknown(const char *word)
{
	struct nearest n = nearest_start(word, SLIPS);
	const struct command *const *c;

	for (c = commands; *c; c++)
		nearest_offer(&n, (*c)->name);
	fprintf(stderr, "peervisor: '%s' is no command", word);
	if (n.best)
		fprintf(stderr, "; did you mean '%s'?", n.best);
	fputs("\nusage: peervisor COMMAND [OPTION...]; `peervisor --help` lists the commands\n", stderr);
	return COMMAND_USAGE;
}

static int run(const struct command *c, int argc, char **argv)
{
	static struct settings s;
	bool help;
	int result;

	assembly_defaults(&s);
	result = option_parse(&s, c, argc, argv, &help);
	if (help)
		help_print(c, stdout);
	else if (result == COMMAND_DONE)
		result = c->run(&s);
	arena_free(&s.arena);
	return result;
}

/* Of the program itself. COMMAND_USAGE: it is none of them. */
static int general_option(int argc, char **argv)
{
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		help_usage(stdout);
	else if (strcmp(argv[1], "--version") == 0)
		puts("peervisor " PEERVISOR_VERSION);
	else if (strcmp(argv[1], "--manual") == 0)
		manual_print(stdout);
	else if (strcmp(argv[1], "--completion") != 0)
		return unknown(argv[1]);
	else if (argc < 3 || !completion_print(argv[2], stdout)) {
		fputs("peervisor: --completion is there for bash and zsh\n", stderr);
		return COMMAND_USAGE;
	}
	return COMMAND_DONE;
}

int main(int argc, char **argv)
{
	const struct command *const *c;
	int result;

	if (argc < 2) {
		help_usage(stderr);
		return COMMAND_USAGE;
	}
	for (c = commands; *c && strcmp((*c)->name, argv[1]) != 0; c++)
		;
	result = *c ? run(*c, argc - 2, argv + 2) : general_option(argc, argv);
	if (result == COMMAND_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
		fputs("peervisor: cannot write to the standard output\n", stderr);
		return COMMAND_FAILED;
	}
	return result;
}
