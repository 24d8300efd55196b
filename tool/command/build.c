/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <sys/stat.h>

#include "../adl/progress.h"
#include "command.h"

static bool set_output(struct settings *s, const char *const *v)
{
	s->image.output = v[0];
	return *v[0] != '\0';
}

static bool set_json(struct settings *s, const char *const *v)
{
	return s->json = true;
}

static bool set_print(struct settings *s, const char *const *v)
{
	return s->image.print_capdl = true;
}

int build_image(struct settings *s, const char *path)
{
	struct diagnostics d;
	struct model *model = NULL;
	int result = assembly_load(s, path, &d, &model);

	if (!result && s->image.output && assembly_overwritten(model, path, s->image.output))
		result = COMMAND_FAILED;
	if (!result && (!image_build(model, &s->image) || d.errors))
		result = COMMAND_FAILED;
	progress_clear();
	if (s->json && result != COMMAND_USAGE)
		json_build(s, &d, model, result == COMMAND_DONE);
	else if (result == COMMAND_FAILED && d.errors)
		fprintf(stderr, "peervisor: %u error%s in %s; nothing was built\n", d.errors,
			d.errors == 1 ? "" : "s", path);
	return result;
}

static int build(struct settings *s)
{
	if (!s->image.output && !s->image.print_capdl)
		return option_wrong(&build_command, "where to? Give -o IMAGE");
	if (s->json && s->image.print_capdl)
		return option_wrong(&build_command, "--json and --print-capdl want the same output; give one");
	return build_image(s, s->operands[0]);
}

static const struct option own[] = {
	{ "output", 'o', 1, OPTION_FILE, "IMAGE", "where the image goes; replaced as a whole or not at all",
	  set_output },
	{ "print-capdl", 0, 0, OPTION_TEXT, NULL,
	  "print every object and who holds what, in capDL's text form; with it, -o may be left out",
	  set_print },
	{ "json", 0, 0, OPTION_TEXT, NULL, "a summary and the findings for programs, on the standard output",
	  set_json },
	{ 0 },
};

const struct command build_command = {
	.name = "build",
	.what = "make an image from an assembly",
	.synopsis = (const char *const[]){ "ASSEMBLY -o IMAGE [OPTION...]", NULL },
	.least = 1, .most = 1, .assembly = true,
	.text = "Makes one bootable file of the kernel, the components and the guests that an assembly names.\n"
		"Nothing is made from an assembly with an error.\n",
	.options = (const struct option *const[]){ own, assembly_options, assembly_image_options, NULL },
	.exits = "0 built; 1 an error in the assembly, or the image cannot be written; 2 wrong usage",
	.examples = (const char *const[]){
		"peervisor build examples/two-vms/two-vms.camkes -o two-vms.img",
		"peervisor build mine.camkes -o mine.img -I interfaces --strict",
		"peervisor build examples/two-vms/two-vms.camkes --print-capdl > two-vms.cdl",
		"peervisor build mine.camkes -o mine.img --json", NULL },
	.run = build,
};
