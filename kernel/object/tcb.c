/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as objects: states, waiting, priority, registers. The invocations are in tcb_invoke.c. */
#include <kernel/arch.h>
#include <kernel/debug.h>
#include <kernel/endpoint.h>
#include <kernel/notification.h>
#include <kernel/reply.h>
#include <kernel/sched.h>
#include <kernel/vcpu.h>

void tcb_create(struct tcb *tcb, u8 domain)
{
	tcb->context.spsr = ARCH_USER_SPSR;
	tcb->slice = SCHED_SLICE;
	tcb->domain = domain;
#if KERNEL_CORES > 1
	tcb->affinity = (u8)core_number(core_self());
#endif
	debug_thread_created(tcb);
}

void tcb_cancel_ipc(struct tcb *tcb)
{
	switch (tcb->state) {
	case THREAD_BLOCKED_SEND:
	case THREAD_BLOCKED_RECEIVE:
		endpoint_cancel(tcb);
		break;
	case THREAD_BLOCKED_NOTIFICATION:
		notification_cancel(tcb);
		break;
	case THREAD_BLOCKED_REPLY:
		reply_revoke(tcb);
		break;
	default:
		return;
	}
	tcb->fault.type = seL4_Fault_NullFault;
	tcb->state = THREAD_INACTIVE;
}

void tcb_suspend(struct tcb *tcb)
{
	tcb_cancel_ipc(tcb);
	if (tcb->state == THREAD_RUNNING)
		tcb->context.fault_ip = tcb->context.next_ip;
	core_void_trap(tcb);
	sched_set_state(tcb, THREAD_INACTIVE);
	sched_dequeue(tcb);
}

void tcb_resume(struct tcb *tcb)
{
	if (tcb_runnable(tcb) || tcb->state == THREAD_IDLE)
		return;
	tcb_cancel_ipc(tcb);
	sched_set_state(tcb, THREAD_RESTART);
	sched_wake(tcb);
}

void tcb_finalise(struct tcb *tcb)
{
	notification_unbind(tcb);
	sched_hold(tcb);
	tcb_suspend(tcb);
	vcpu_thread_finalise(tcb);
	arch_fpu_release(tcb);
	sched_forget(tcb);
	debug_thread_gone(tcb);
}

void tcb_set_priority(struct tcb *tcb, u8 priority)
{
	sched_dequeue(tcb);
	tcb->priority = priority;
	if (tcb == core_of(tcb)->current)
		sched_reconsider(tcb);
	else if (tcb_runnable(tcb))
		sched_wake(tcb);
}

u64 *tcb_buffer(const struct tcb *tcb, bool for_write)
{
	struct cap cap = tcb->slots[TCB_BUFFER].cap;
	unsigned int need = for_write ? FRAME_READ | FRAME_WRITE : FRAME_READ;

	if (cap_type(cap) != CAP_FRAME || cap_frame_device(cap) ||
	    (cap_frame_rights(cap) & need) != need)
		return NULL;
	return arch_phys_to_ptr(paddr_add(cap_paddr(cap),
					  tcb->buffer.v & bit_mask(cap_frame_bits(cap))));
}

#define WORD(member)	(offsetof(struct context, member) / sizeof(u64))

/* ABI 10.4. pc is the address at which the thread restarts. */
static const u8 register_words[SEL4_TCB_REGISTERS] = {
	WORD(fault_ip), WORD(sp), WORD(spsr),
	WORD(x[0]), WORD(x[1]), WORD(x[2]), WORD(x[3]), WORD(x[4]), WORD(x[5]), WORD(x[6]),
	WORD(x[7]), WORD(x[8]), WORD(x[16]), WORD(x[17]), WORD(x[18]), WORD(x[29]), WORD(x[30]),
	WORD(x[9]), WORD(x[10]), WORD(x[11]), WORD(x[12]), WORD(x[13]), WORD(x[14]), WORD(x[15]),
	WORD(x[19]), WORD(x[20]), WORD(x[21]), WORD(x[22]), WORD(x[23]), WORD(x[24]), WORD(x[25]),
	WORD(x[26]), WORD(x[27]), WORD(x[28]),
	WORD(tpidr), WORD(tpidrro),
};

u64 *tcb_register(struct tcb *tcb, unsigned int i)
{
	return (u64 *)&tcb->context + register_words[i];
}

void tcb_read_registers(const struct tcb *tcb, u64 *to, unsigned int count)
{
	const u64 *words = (const u64 *)&tcb->context;

	for (unsigned int i = 0; i < count; i++)
		to[i] = words[register_words[i]];
}

#define SPSR_FLAGS	0xf0000000UL	/* NZCV */
#define SPSR_MODE	31UL
#define SPSR_MODE_USER32	16UL

u64 tcb_sanitise_spsr(const struct tcb *tcb, u64 spsr)
{
	u64 mode = spsr & SPSR_MODE;

	/*
	 * A vCPU's thread may run at EL0t, EL1t and EL1h as it likes, and in a guest's 32-bit
	 * programs. Any other mode would be an illegal return, which stays at EL2.
	 */
	if (tcb->vcpu && (mode == 0 || mode == 4 || mode == 5 || mode == SPSR_MODE_USER32))
		return spsr;
	return (spsr & SPSR_FLAGS) | ARCH_USER_SPSR;
}
