/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread control blocks: 2048 bytes from retype, the five slots first. */
#ifndef KERNEL_TCB_H
#define KERNEL_TCB_H

#include <kernel/cap.h>
#include <kernel/context.h>
#include <kernel/fault.h>
#include <kernel/lookup.h>

enum thread_state {
	THREAD_INACTIVE,
	THREAD_RUNNING,
	THREAD_RESTART,			/* runnable; continues at fault_ip */
	THREAD_BLOCKED_RECEIVE,		/* in endpoint_queue of blocked_on */
	THREAD_BLOCKED_SEND,		/* in endpoint_queue of blocked_on; see send */
	THREAD_BLOCKED_REPLY,
	THREAD_BLOCKED_NOTIFICATION,	/* in the queue of the notification blocked_on */
	THREAD_IDLE,
};

enum tcb_slot {
	TCB_CSPACE,
	TCB_VSPACE,
	TCB_REPLY,
	TCB_CALLER,
	TCB_BUFFER,
	TCB_SLOTS,
};

#define TCB_NAME_SIZE		32
#define TCB_FLAG_FPU_DISABLED	1u

struct notification;
struct vcpu;

struct tcb {
	struct slot slots[TCB_SLOTS];		/* must be first: a zombie empties them */
	struct context context;
	u64 flags;				/* TCB_FLAG_* */
	struct fpu_context fpu;

	enum thread_state state;
	u8 priority;
	u8 mcp;
	u8 domain;
#if KERNEL_CORES > 1
	u8 affinity;				/* the core it runs on; it is in that core's queues */
#endif
	u8 account;				/* account.h */
	u8 charged;				/* the account that pays for its time now */
	bool queued;				/* in a run queue, or parked */
	bool parked;				/* in its account's list, by run_next and run_prev */
	u32 slice;				/* ticks left */

	u64 fault_handler;			/* cptr in the thread's own CSpace */
	struct vaddr buffer;			/* IPC buffer; the frame is in slots[TCB_BUFFER] */

	struct tcb *run_next, *run_prev;	/* run queue */
	struct tcb *wait_next, *wait_prev;	/* endpoint or notification queue */
	struct paddr blocked_on;		/* the endpoint or notification */
	struct {
		u64 badge;
		bool grant, grant_reply;	/* rights of the cap used */
		bool call;
	} send;					/* THREAD_BLOCKED_SEND */
	bool receive_grant;			/* THREAD_BLOCKED_RECEIVE: the cap's grant right */

	struct notification *bound_notification;
	struct vcpu *vcpu;			/* bound vCPU, NULL for a native thread */

	struct fault fault;			/* pending fault, type 0 if none */
	u64 progress;				/* how far a preempted invocation came, or 0 */
	struct lookup_failure lookup_failure;	/* why the last lookup for this thread failed */

	struct tcb *all_next, *all_prev;	/* every TCB, for DumpScheduler */
	char name[TCB_NAME_SIZE];
};

_Static_assert(sizeof(struct tcb) <= 1 << SEL4_TCB_BITS, "ABI 3.1");

#define TCB_CONTEXT_OFFSET	(TCB_SLOTS_BYTES)
#define TCB_SLOTS_BYTES		160
_Static_assert(offsetof(struct tcb, context) == TCB_SLOTS_BYTES, "entry code");

static inline struct tcb *tcb_of(struct cap cap)
{
	return cap_object(cap);
}

static inline bool tcb_runnable(const struct tcb *tcb)
{
	return tcb->state == THREAD_RUNNING || tcb->state == THREAD_RESTART;
}

/* A system call's cptr in the thread's CSpace; leftover bits ignored. */
static inline struct slot *lookup_slot(const struct tcb *tcb, u64 cptr,
				       struct lookup_failure *failure)
{
	struct cap root = tcb->slots[TCB_CSPACE].cap;
	struct slot *slot = lookup_in(root, cptr);
	unsigned int left;

	return slot ? slot : lookup_resolve(root, cptr, 64, &left, failure);
}

/* Makes zeroed memory an inactive thread in the given domain. */
void tcb_create(struct tcb *tcb, u8 domain);
/* Takes the thread out of whatever it waits for; a running one will continue after its trap. */
void tcb_suspend(struct tcb *tcb);
/* Makes a stopped or blocked thread issue its trap again (ABI 10.2). */
void tcb_resume(struct tcb *tcb);
/* Removes it from a queue or from waiting for a reply; state is left to the caller. */
void tcb_cancel_ipc(struct tcb *tcb);
/* The last cap went: unbinds everything, stops it. The slots remain for the zombie. */
void tcb_finalise(struct tcb *tcb);
void tcb_set_priority(struct tcb *tcb, u8 priority);
/* Address of the IPC buffer in the kernel's window, NULL if absent or without the right. */
u64 *tcb_buffer(const struct tcb *tcb, bool for_write);

/* Element i of the ABI's array of 36 registers (10.4). */
u64 *tcb_register(struct tcb *tcb, unsigned int i);
/* The first count of them, at most 36. */
void tcb_read_registers(const struct tcb *tcb, u64 *to, unsigned int count);
/* The SPSR that a user may set (1.7). */
u64 tcb_sanitise_spsr(const struct tcb *tcb, u64 spsr);

#endif
