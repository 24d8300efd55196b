/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply capabilities. The caller's own reply slot holds the master, whose only child is the cap
 * that answers the caller: so that cap is found, and goes, with the caller.
 */
#include <kernel/cnode.h>
#include <kernel/ipc.h>
#include <kernel/reply.h>
#include <kernel/sched.h>

void reply_setup(struct tcb *sender, struct tcb *receiver, bool grant)
{
	struct slot *master = &sender->slots[TCB_REPLY];

	if (slot_is_empty(master))
		cdt_insert_root(master, cap_reply(arch_ptr_to_phys(sender), true, true));
	sched_set_state(sender, THREAD_BLOCKED_REPLY);
	reply_link(sender, receiver, grant);
}

void reply_revoke(struct tcb *tcb)
{
	struct slot *master = &tcb->slots[TCB_REPLY];
	struct slot *child = cdt_next(master);

	if (!slot_is_empty(master) && child)
		reply_unlink(child);
}

void reply_drop_caller(struct tcb *tcb)
{
	struct slot *slot = &tcb->slots[TCB_CALLER];

	if (!slot_is_empty(slot))
		reply_unlink(slot);
}

void reply_transfer(struct tcb *sender, struct tcb *receiver, struct slot *slot, bool grant)
{
	bool again = true;

	if (receiver->fault.type == seL4_Fault_NullFault) {
		ipc_transfer(sender, NULL, 0, grant, receiver);
		reply_unlink(slot);
		sched_set_state(receiver, THREAD_RUNNING);
	} else {
		reply_unlink(slot);
		again = fault_reply(receiver, sender);
		receiver->fault.type = seL4_Fault_NullFault;
		sched_set_state(receiver, again ? THREAD_RESTART : THREAD_INACTIVE);
	}
	if (again)
		sched_wake(receiver);
}
