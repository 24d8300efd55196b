/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define TIMEOUT_MOST	9999999u

static bool set_disk(struct settings *s, const char *const *v)
{
	const char *equals = strchr(v[0], '='), *slash = strchr(v[0], '/');
	struct run_disk *d = &s->run.disks[s->run.disk_count];

	if (s->run.disk_count == RUN_DISKS)
		return false;
	s->run.disk_count++;
	d->path = v[0];
	if (equals && (!slash || slash > equals)) {
		d->name = arena_copy(&s->arena, v[0], (size_t)(equals - v[0]));
		d->path = equals + 1;
	}
	return *d->path != '\0';
}

static bool set_read_only(struct settings *s, const char *const *v)
{
	return s->run.read_only = true;
}

static bool set_net(struct settings *s, const char *const *v)
{
	if (s->run.net_count == RUN_NETS)
		return false;
	s->run.nets[s->run.net_count++] = v[0];
	return true;
}

static bool set_console(struct settings *s, const char *const *v)
{
	s->run.console = v[0];
	return *v[0] && strlen(v[0]) < CONSOLE_LABEL;
}

static bool set_log_dir(struct settings *s, const char *const *v)
{
	s->run.log_dir = v[0];
	return true;
}

static bool set_no_terminal(struct settings *s, const char *const *v)
{
	return s->run.no_terminal = true;
}

static bool set_expect(struct settings *s, const char *const *v)
{
	return steps_add(&s->run, STEP_EXPECT, v[0]);
}

static bool set_send(struct settings *s, const char *const *v)
{
	return steps_add(&s->run, STEP_SEND, v[0]);
}

static bool set_until(struct settings *s, const char *const *v)
{
	return steps_add(&s->run, STEP_UNTIL, v[0]);
}

static bool set_timeout(struct settings *s, const char *const *v)
{
	return option_number(v[0], TIMEOUT_MOST, &s->run.timeout);
}

static bool set_raw(struct settings *s, const char *const *v)
{
	return s->run.raw = true;
}

static bool set_qemu(struct settings *s, const char *const *v)
{
	if (s->run.extra_count == RUN_EXTRA)
		return false;
	s->run.extra[s->run.extra_count++] = v[0];
	return true;
}

static bool set_output(struct settings *s, const char *const *v)
{
	s->image.output = v[0];
	return *v[0] != '\0';
}

static bool is_assembly(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && strcmp(dot, ".camkes") == 0;
}

static const char *stem(struct arena *a, const char *path)
{
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');

	return dot && (!slash || dot > slash) ? arena_copy(a, path, (size_t)(dot - path)) : path;
}

/* Beside the assembly, or in the build folder of the project whose assembly it is. */
static const char *image_of(struct arena *a, const char *assembly)
{
	const char *build = assembly_build_folder(a, ""), *name = stem(a, assembly), *slash;
	char root[PATH_MAX], full[PATH_MAX];

	if (realpath(arena_format(a, "%s/..", build), root) && realpath(assembly, full) &&
	    strncmp(full, arena_format(a, "%s/", root), strlen(root) + 1) == 0) {
		slash = strrchr(name, '/');
		name = arena_format(a, "%s%s", build, slash ? slash + 1 : name);
	}
	return arena_format(a, "%s.img", name);
}

static int build_for_run(struct settings *s)
{
	if (!s->image.output)
		s->image.output = image_of(&s->arena, s->operands[0]);
	s->run.image = s->image.output;
	return build_image(s, s->operands[0]);
}

static int run(struct settings *s)
{
	int result = COMMAND_DONE;

	s->run.image = s->operands[0];
	if (is_assembly(s->operands[0]))
		result = build_for_run(s);
	if (!s->run.log_dir)
		s->run.log_dir = arena_format(&s->arena, "%s.logs", stem(&s->arena, s->run.image));
	return result ? result : run_image(&s->arena, &s->run);
}

static const struct option own[] = {
	{ "disk", 0, 1, OPTION_FILE, "[NAME=]FILE", "raw image behind the disk that the assembly declares",
	  set_disk },
	{ "read-only", 0, 0, OPTION_TEXT, NULL, "what is written to disks is dropped at the end", set_read_only },
	{ "net", 0, 1, OPTION_TEXT, "NETDEV",
	  "network of the next card, as QEMU's -netdev without an id (default: user)", set_net },
	{ "console", 0, 1, OPTION_TEXT, "NAME", "the console shown first", set_console },
	{ "log-dir", 0, 1, OPTION_FOLDER, "FOLDER",
	  "each console goes to a file there (default: IMAGE without its ending, with .logs)", set_log_dir },
	{ "no-terminal", 0, 0, OPTION_TEXT, NULL, "print all consoles, each line with its name",
	  set_no_terminal },
	{ "expect", 0, 1, OPTION_TEXT, "NAME=TEXT",
	  "wait for a text on console NAME, then go on with the next of --expect, --send, --until", set_expect },
	{ "send", 0, 1, OPTION_TEXT, "NAME=LINE", "type a line on console NAME", set_send },
	{ "until", 0, 1, OPTION_TEXT, "NAME=TEXT", "wait for a text on console NAME, then end the run with code 0",
	  set_until },
	{ "timeout", 0, 1, OPTION_TEXT, "SECONDS", "end the run then, with exit code 124", set_timeout },
	{ "raw", 0, 0, OPTION_TEXT, NULL, "standard input and output are the machine's UART", set_raw },
	{ "qemu-arg", 0, 1, OPTION_TEXT, "ARG", "one more argument of QEMU; may be given several times",
	  set_qemu },
	{ "output", 'o', 1, OPTION_FILE, "IMAGE",
	  "where the image of an assembly goes (default: beside the assembly)", set_output },
	{ 0 },
};

const struct command run_command = {
	.name = "run",
	.what = "run an image (or an assembly) in QEMU",
	.synopsis = (const char *const[]){ "IMAGE|ASSEMBLY [OPTION...]", NULL },
	.least = 1, .most = 1, .assembly = true,
	.text = "Boots an image in QEMU; an assembly (.camkes) is built first. On a terminal one console is shown:\n\n"
		"  Ctrl-^   the next console\n"
		"  Ctrl-]   leave; the machine is switched off\n\n"
		"All other keys, Ctrl-C too, go to the guest. Elsewhere all consoles are printed with their names.\n"
		"The run ends when all VMs are off.\n",
	.options = (const struct option *const[]){ own, assembly_options, assembly_image_options, NULL },
	.exits = "0 all VMs powered off, --until came, or you left; 1 a VM stopped, a component died, or the machine cannot be "
		 "started; "
		 "2 wrong usage; 124 --timeout; 128 + N a signal",
	.examples = (const char *const[]){
		"peervisor run two-vms.img --disk disk.img",
		"peervisor run examples/minimal/minimal.camkes --timeout 60",
		"peervisor run two-vms.img --disk disk.img --no-terminal "
		"--expect 'vm_workload=workload# ' --send vm_workload=poweroff", NULL },
	.run = run,
};
