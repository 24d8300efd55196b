/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initial task: carries the capability distribution out, then gives up all
 * authority and stops. Nothing of it runs while the system does.
 */
#include <stdio.h>
#include "console.h"
#include "roottask.h"

#define PAGE	4096ull

extern char __image_start[], _end[];

struct roottask roottask;

_Noreturn void roottask_main(const seL4_BootInfo *boot);

/* The spec follows our own image, in pages that the kernel mapped for us along with it. */
static void open_spec(void)
{
	uintptr_t at = ((uintptr_t)_end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	seL4_SlotRegion frames = roottask.boot->userImageFrames;
	uintptr_t end = (uintptr_t)__image_start + (frames.end - frames.start) * PAGE;
	char error[SPEC_ERROR_LENGTH];
	struct spec spec;

	if (spec_open(&spec, (const void *)at, end > at ? end - at : 0, error))
		fatal("%s", error);
	roottask.spec = spec;
}

static _Noreturn void give_up(void)
{
	const struct capdl_header *header = roottask.spec.header;
	seL4_CPtr console = console_open();
	char line[240];

	cspace_close();
	snprintf(line, sizeof(line),
		 "%u objects, %u caps, %u threads; holds only its own thread and pages%s",
		 header->num_objects, header->num_caps, header->num_threads,
		 roottask.uncharged ? "; this kernel does not charge CPU time, so shares of it are not kept" : "");
	console_print(line);
	console_close(console);
	cspace_drop_own(console);
	stop();
}

void roottask_main(const seL4_BootInfo *boot)
{
	seL4_SetIPCBuffer(boot->ipcBuffer);	/* every invocation goes through it */
	roottask.boot = boot;
	objects_add_untypeds();			/* first, so that an error can reach the UART */
	open_spec();				/* all checks; nothing is made before */
	objects_plan();				/* fixed addresses are set aside */
	objects_check_ram();			/* a guest would start in memory that is not there */
	console_prepare();			/* from here on an error can be told without memory */
	cspace_open();				/* room for as many caps as the spec needs */
	objects_create();
	caps_install();
	memory_map();
	memory_fill();
	threads_configure();
	irqs_bind();
	threads_resume();			/* they wait: nobody has a higher priority than we */
	give_up();
}
