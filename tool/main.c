/* SPDX-License-Identifier: BSD-2-Clause */
/* peervisor: the program on the user's machine. */
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "build", command_build, "make an image from an assembly" },
	{ "check", command_check, "say what is wrong with an assembly" },
	{ "run", command_run, "run an image (or an assembly) in QEMU" },
	{ "audit", command_audit, "say who can do what, and what falls with whom" },
	{ "view", command_view, "draw an assembly (SVG)" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void usage(FILE *out)
{
	size_t i;

	fputs("usage: peervisor COMMAND [OPTION...]\n", out);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-6s %s\n", commands[i].name, commands[i].what);
	fputs("`peervisor COMMAND --help` says more.\n", out);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		return 0;
	}
	for (i = 0; argc > 1 && i < COMMANDS; i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "peervisor: '%s' is no command\n", argv[1]);
	usage(stderr);
	return 2;
}
