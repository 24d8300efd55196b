/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A signal to a thread that waits on another core, again and again; what each core executes for it is
 * seen from outside (bench/cores_figures.py).
 */
#include "../tests/kernel/root/env.h"

#define PRIORITY	100

_Noreturn void test_main(seL4_BootInfo *info);

static volatile seL4_Word rounds;

static void count(seL4_Word notification)
{
	for (;;) {
		raw_wait(notification);
		rounds++;
	}
}

_Noreturn void test_main(seL4_BootInfo *info)
{
	struct thread thread;
	seL4_CPtr notification;
	seL4_Word before;

	boot = info;
	seL4_SetIPCBuffer(info->ipcBuffer);
	console_init();
	sandbox_open();
	notification = object_new(seL4_NotificationObject, 0);
	if (!thread_new(&thread, ROOT_SPACE, 0) || seL4_TCB_SetAffinity(thread.tcb, 1) ||
	    !thread_start(&thread, count, notification, PRIORITY))
		say("bench: no thread on core 1\n");
	say("bench: ready\n");
	for (;;) {
		before = rounds;
		seL4_Signal(notification);
		while (rounds == before)	/* the emulator's other core runs meanwhile */
			__asm__ volatile("yield");
	}
}
