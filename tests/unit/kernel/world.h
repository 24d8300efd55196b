/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small world for the kernel tests: one root thread with a CSpace of 2^12 slots (a slot number
 * is its cptr), an IPC buffer and a RAM untyped of 16 MiB. Calls go through kernel_syscall().
 */
#ifndef TESTS_KERNEL_WORLD_H
#define TESTS_KERNEL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arch/fake.h>
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#define S_TCB		1
#define S_CNODE		2
#define S_VSPACE	3
#define S_IRQ_CONTROL	4
#define S_ASID_CONTROL	5
#define S_ASID_POOL	6
#define S_DOMAIN	11
#define S_UNTYPED	16	/* 16 MiB */
#define S_DEVICE	17	/* device untyped, 1 MiB */
#define S_FAR_DEVICE	18	/* device untyped, 4 KiB, at 256 GiB */
#define S_FREE		32

struct answer {
	u64 label;
	unsigned int length, caps, unwrapped;
	u64 badge;
	u64 mr[SEL4_MSG_MAX_LENGTH];
};

extern struct tcb *world_root;

int world_setup(void **state);
struct slot *world_slot(u64 cptr);
u64 *world_buffer(struct tcb *tcb);	/* the 128 words of the IPC buffer, or NULL */

/* One system call of the current thread; what it holds when it runs next is not looked at. */
void world_trap(long nr, u64 cptr, u64 info);
void world_set_mr(unsigned int i, u64 value);
void world_set_caps(unsigned int count, ...);

/* Call on a kernel object with count words; extra caps set before. Returns the error label. */
struct answer world_call(u64 cptr, u64 label, unsigned int caps, unsigned int count, ...);
struct answer world_answer(struct tcb *tcb);

u64 world_retype(u64 untyped, seL4_ObjectType type, unsigned int bits, u64 first, unsigned int n);
u64 world_copy(u64 to, u64 from, u64 rights);
u64 world_mint(u64 to, u64 from, u64 rights, u64 badge);
u64 world_delete(u64 cptr);
u64 world_revoke(u64 cptr);
/* A runnable thread sharing the root's spaces, with TCB in slot tcb; buffer frame in tcb + 1. */
struct tcb *world_thread(u64 tcb, u8 priority);
/* Makes tcb the current thread (all others of its priority wait). */
void world_run(struct tcb *tcb);

#endif
