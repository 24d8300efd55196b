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
	if (s->json && result != COMMAND_USAGE)
		json_findings(s->operands[0], &d);
	return result;
}

static bool set_json(struct settings *s, const char *const *v)
{
	return s->json = true;
}

static const struct option own[] = {
	{ "json", 0, 0, OPTION_TEXT, NULL, "the findings for programs, on the standard output", set_json },
	{ 0 },
};

const struct command check_command = {
	.name = "check",
	.what = "say what is wrong with an assembly",
	.synopsis = (const char *const[]){ "ASSEMBLY [OPTION...]", NULL },
	.least = 1, .most = 1, .assembly = true,
	.text = "Says what is wrong with an assembly, and where. Builds and compiles nothing.\n",
	.options = (const struct option *const[]){ own, assembly_options, NULL },
	.exits = "0 no error; 1 errors, each with its place and what to do; 2 wrong usage",
	.examples = (const char *const[]){
		"peervisor check mine.camkes",
		"peervisor check mine.camkes --strict && echo good",
		"peervisor check mine.camkes --json", NULL },
	.run = check,
};
