/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#define IMAGE_START	(4u << 20)	/* what a kernel with its components needs, about */

static int check(struct settings *s)
{
	struct diagnostics d;
	struct model *model = NULL;
	int result = assembly_load(s, s->operands[0], &d, &model);

	if (!result && (!memory_plan(model, IMAGE_START) || d.errors))
		result = COMMAND_FAILED;
	return result;
}

const struct command check_command = {
	.name = "check",
	.what = "say what is wrong with an assembly",
	.synopsis = (const char *const[]){ "ASSEMBLY [OPTION...]", NULL },
	.least = 1, .most = 1, .assembly = true,
	.text = "Says what is wrong with an assembly, and where. Builds and compiles nothing.\n",
	.options = (const struct option *const[]){ assembly_options, NULL },
	.exits = "0 no error; 1 errors, each with its place and what to do; 2 wrong usage",
	.examples = (const char *const[]){
		"peervisor check mine.camkes",
		"peervisor check mine.camkes --strict && echo good", NULL },
	.run = check,
};
