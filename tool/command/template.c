/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "template.h"

static const char component_camkes[] =
	"/*\n"
	" * A system of one native component. Start it: peervisor run @/@.camkes\n"
	" */\n"
	"component ^ {\n"
	"    control;                                /* run() in components/^/@.c is its thread */\n"
	"    attribute string greeting = \"hello\";    /* a variable there; set below */\n"
	"}\n"
	"\n"
	"assembly {\n"
	"    composition {\n"
	"        component ^ @;\n"
	"    }\n"
	"    configuration {\n"
	"        @.greeting = \"hello from @\";\n"
	"    }\n"
	"}\n";

static const char component_c[] =
	"#include <camkes.h>\n"
	"#include <stdio.h>\n"
	"\n"
	"/* The component's thread. What it prints is console `@.log`. */\n"
	"int run(void)\n"
	"{\n"
	"\tprintf(\"%s\\n\", greeting);\n"
	"\treturn 0;\n"
	"}\n";

static const char component_readme[] =
	"# @\n"
	"\n"
	"| file | what |\n"
	"|---|---|\n"
	"| `@.camkes` | the component's type, and a system with one of it |\n"
	"| `components/^/@.c` | its program; all `*.c` and `*.S` files there are compiled |\n"
	"\n"
	"    peervisor run @/@.camkes --no-terminal --timeout 10 --until '@.log=hello'\n"
	"\n"
	"compiles what has changed, builds `@.img`, boots it, and ends when `hello` is on console `@.log`; without\n"
	"`--until` it runs until you leave it with Ctrl-]. Components do not power off.\n";

static const char assembly_camkes[] =
	"/*\n"
	" * A system of one VM. Start it: peervisor run @/@.camkes\n"
	" */\n"
	"assembly {\n"
	"    composition {\n"
	"        component VM vm_@;\n"
	"\n"
	"        /* A VM that serves devices to it: give it hardware and name what it serves, below.\n"
	"        component VM vm_storage;\n"
	"        VIRTIO_COMPOSITION_DEF(storage, @)\n"
	"        */\n"
	"    }\n"
	"    configuration {\n"
	"        vm_@.kernel = \"linux\";            /* looked for beside this file and in build/guests */\n"
	"        vm_@.initrd = \"minimal.cpio\";\n"
	"        vm_@.cmdline = \"console=ttyAMA0 quiet\";\n"
	"        vm_@.ram_size = \"128M\";\n"
	"    }\n"
	"}\n";

static const char assembly_readme[] =
	"# @\n"
	"\n"
	"    peervisor check @/@.camkes\n"
	"    peervisor view @/@.camkes -o @/@.svg\n"
	"    peervisor run @/@.camkes\n"
	"\n"
	"`poweroff` in the VM ends the run, Ctrl-] leaves it.\n";

const struct template_file template_component[] = {
	{ "@.camkes", component_camkes },
	{ "components/^/@.c", component_c },
	{ "README.md", component_readme },
	{ NULL, NULL },
};

const struct template_file template_assembly[] = {
	{ "@.camkes", assembly_camkes },
	{ "README.md", assembly_readme },
	{ NULL, NULL },
};
