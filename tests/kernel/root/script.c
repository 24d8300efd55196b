/* SPDX-License-Identifier: BSD-2-Clause */
#include "script.h"

#define BUFFERS_AT	0x24000000ul

volatile unsigned int steps_done;
static seL4_CPtr nobody, go, settled;

_Noreturn void script_rest(void)
{
	for (;;)
		raw_wait(nobody);
}

static void play(seL4_Word first)
{
	for (struct step *step = (struct step *)first; step->call; step++) {
		struct sel4_trap trap = step->trap;

		sel4_trap(step->call, &trap);
		step->trap = trap;
		step->when = ++steps_done;
	}
	script_rest();
}

static _Alignas(16) char settler_stack[1024];

/* The lowest of all. */
static void settler(seL4_Word unused)
{
	(void)unused;
	for (;;) {
		raw_wait(go);
		sel4_trap(SEL4_SYS_SEND, &(struct sel4_trap){ .x0 = settled });
	}
}

bool script_open(void)
{
	seL4_UserContext context = {
		.pc = (seL4_Word)settler, .sp = (seL4_Word)settler_stack + sizeof(settler_stack),
	};
	struct thread thread;

	steps_done = 0;
	nobody = object_new(seL4_NotificationObject, 0);
	go = object_new(seL4_NotificationObject, 0);
	settled = object_new(seL4_NotificationObject, 0);
	return thread_new(&thread, ROOT_SPACE, 0) &&
	       !seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, 1) &&
	       !seL4_TCB_WriteRegisters(thread.tcb, true, 0, SEL4_TCB_REGISTERS, &context);
}

bool script_run(const struct thread *thread, struct step *steps, seL4_Word priority)
{
	return thread_start(thread, play, (seL4_Word)steps, priority);
}

bool script_start(struct thread *thread, struct step *steps, seL4_Word priority, seL4_CPtr fault)
{
	return thread_new(thread, ROOT_SPACE, fault) && script_run(thread, steps, priority);
}

void settle(void)
{
	sel4_trap(SEL4_SYS_SEND, &(struct sel4_trap){ .x0 = go });
	raw_wait(settled);
}

seL4_IPCBuffer *thread_buffer(const struct thread *thread, unsigned int i)
{
	seL4_Word at = BUFFERS_AT + i * PAGE;
	seL4_CPtr frame = space_page(ROOT_SPACE, at);

	if (!frame || seL4_TCB_SetIPCBuffer(thread->tcb, at, frame))
		return NULL;
	return (seL4_IPCBuffer *)at;
}
