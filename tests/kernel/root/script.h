/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that make system calls one after the other, as written down, so that a test can say what
 * each found in its registers and in which order they were done.
 */
#ifndef TESTS_KERNEL_SCRIPT_H
#define TESTS_KERNEL_SCRIPT_H

#include "env.h"

struct step {
	long call;		/* 0 ends the script */
	struct sel4_trap trap;	/* before, and then after the call */
	unsigned int when;	/* the how-many-th step of all that was done; 0: not yet */
};

#define INFO(label, caps, length)	(seL4_MessageInfo_new(label, 0, caps, length).words[0])
#define LABEL(info)			((info) >> SEL4_MSG_LABEL_SHIFT)
#define LENGTH(info)			((info) & 0x7f)
#define CAPS(info)			((info) >> 7 & 3)
#define UNWRAPPED(info)			((info) >> 9 & 7)

#define DO_SEND(to, label)	{ SEL4_SYS_SEND, { (to), INFO(label, 0, 1), { (label) } }, 0 }
#define DO_SIGNAL(to)		{ SEL4_SYS_SEND, { (to), 0, { 0 } }, 0 }
#define DO_CALL(to, label)	{ SEL4_SYS_CALL, { (to), INFO(label, 0, 1), { (label) } }, 0 }
#define DO_RECV(from)		{ SEL4_SYS_RECV, { (from), 0, { 0 } }, 0 }
#define DO_NB_RECV(from)	{ SEL4_SYS_NB_RECV, { (from), 0, { 0 } }, 0 }
#define DO_REPLY(label)		{ SEL4_SYS_REPLY, { 0, INFO(label, 0, 1), { (label) } }, 0 }
#define DO_REPLY_RECV(from, label) \
	{ SEL4_SYS_REPLY_RECV, { (from), INFO(label, 0, 1), { (label) } }, 0 }
#define DO_YIELD		{ SEL4_SYS_YIELD, { 0, 0, { 0 } }, 0 }
#define DONE			{ 0, { 0, 0, { 0 } }, 0 }

extern volatile unsigned int steps_done;

/* Before the first thread of a test. */
bool script_open(void);
/* A new thread at the priority (2 to 254), faults to the endpoint. It runs once this one waits. */
bool script_start(struct thread *thread, struct step *steps, seL4_Word priority, seL4_CPtr fault);
/* The same for one that is made already. */
bool script_run(const struct thread *thread, struct step *steps, seL4_Word priority);
/* For other threads: nothing more to do. */
_Noreturn void script_rest(void);
/* Until no other thread can go on. */
void settle(void);
/* Gives a thread an IPC buffer that this one sees, too: page i. NULL: failed. */
seL4_IPCBuffer *thread_buffer(const struct thread *thread, unsigned int i);

/*
 * test_message.c: one kind of sending to one kind of receiving, all lengths. first: the sender is
 * there before the receiver, which this thread is (not if it sends from another core).
 */
void message_exchange(long send, long receive, bool first, seL4_Word core);

#endif
