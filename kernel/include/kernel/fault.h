/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: raised by the entry code, delivered as messages to a handler, answered by a reply. */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include <kernel/lookup.h>

struct tcb;

struct fault {
	seL4_FaultType type;		/* 0: none */
	u64 word[2];			/* per type, see the raise functions */
	bool in_receive;		/* cap fault only */
	bool fetch;			/* VM fault only */
	bool brief;			/* VM and vCPU fault: the form of fault_short.c */
	struct lookup_failure lookup;	/* cap fault only */
};

/*
 * Each makes the current thread fault: the message is sent to its handler (or the thread stops).
 * Those that return a thread are a kernel entry's only event; it is the one to resume. The others
 * leave scheduling to the caller.
 */
struct tcb *fault_user_exception(u64 number, u64 code);
struct tcb *fault_vm(u64 address, u32 fsr, bool fetch);
struct tcb *fault_vcpu(u32 hsr);
void fault_cap(u64 cptr, bool in_receive, const struct lookup_failure *failure);
void fault_unknown_syscall(u64 nr);
void fault_vgic_maintenance(u64 index);		/* all ones: no list register */
void fault_vppi(u64 irq);
/* tcb's fault, recorded already, goes the general way. The thread to resume. */
struct tcb *fault_send(struct tcb *tcb);

/* Writes the message of tcb's fault for receiver; returns the length. */
unsigned int fault_message(struct tcb *tcb, struct tcb *receiver);
/* Applies a reply to tcb's fault; true if the thread shall run again. */
bool fault_reply(struct tcb *tcb, struct tcb *replier);

/* A fault in its short form, which a vCPU can ask for: its four words; what the reply's word does. */
#define FAULT_SHORT_WORDS	4
void fault_short_message(const struct tcb *tcb, u64 words[FAULT_SHORT_WORDS]);
void fault_short_done(struct tcb *tcb, u64 value);

#endif
