/* SPDX-License-Identifier: BSD-2-Clause */
#include "../view/view.h"

#include "command.h"

#define IMAGE_START	(4u << 20)

static bool set_output(struct settings *s, const char *const *v)
{
	s->image.output = v[0];
	return *v[0] != '\0';
}

static int view(struct settings *s)
{
	struct diagnostics d;
	struct model *model = NULL;
	int result;

	if (!s->image.output)
		return option_wrong(&view_command, "where to? Give -o FILE.svg, or -o - for the standard output");
	result = assembly_load(s, s->operands[0], &d, &model);
	if (!result && (assembly_overwritten(model, s->operands[0], s->image.output) ||
			!memory_plan(model, IMAGE_START) || !view_write(model, s->operands[0], s->image.output)))
		result = COMMAND_FAILED;
	return result;
}

static const struct option own[] = {
	{ "output", 'o', 1, OPTION_FILE, "FILE", "where the picture goes; `-`: standard output", set_output },
	{ 0 },
};

const struct command view_command = {
	.name = "view",
	.what = "draw an assembly as SVG",
	.synopsis = (const char *const[]){ "ASSEMBLY -o FILE.svg [OPTION...]", NULL },
	.least = 1, .most = 1, .assembly = true,
	.text = "Draws VMs, components, hardware and each connection with its mode. The picture has a legend.\n",
	.options = (const struct option *const[]){ own, assembly_options, NULL },
	.exits = "0 drawn; 1 an error in the assembly, or the file cannot be written; 2 wrong usage",
	.examples = (const char *const[]){
		"peervisor view examples/two-vms/two-vms.camkes -o two-vms.svg",
		"peervisor view mine.camkes -o - | rsvg-convert -o mine.png", NULL },
	.run = view,
};
