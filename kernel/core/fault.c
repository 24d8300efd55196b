/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: raised, delivered as a Call to the handler, answered (ABI 5). */
#include <kernel/endpoint.h>
#include <kernel/fastpath.h>
#include <kernel/fault.h>
#include <kernel/ipc.h>
#include <kernel/print.h>
#include <kernel/sched.h>
#include <kernel/vcpu.h>

static void report_double(const struct tcb *tcb)
{
#ifdef KERNEL_DEBUG
	print("thread %s stops: fault %u (%lx %lx) at %lx, and no handler\n", tcb->name,
	      (unsigned int)tcb->fault.type, tcb->fault.word[0], tcb->fault.word[1],
	      tcb->context.fault_ip);
#endif
}

/* The endpoint that tcb's faults go to; null if there is none that would do. */
static struct cap handler_of(struct tcb *tcb)
{
	struct slot *slot = lookup_slot(tcb, tcb->fault_handler, &tcb->lookup_failure);

	if (!slot || cap_type(slot->cap) != CAP_ENDPOINT ||
	    !(cap_rights(slot->cap) & SEL4_RIGHT_WRITE) ||
	    !(cap_rights(slot->cap) & (SEL4_RIGHT_GRANT | SEL4_RIGHT_GRANT_REPLY)))
		return cap_null();
	return slot->cap;
}

static void record(struct tcb *tcb, seL4_FaultType type, u64 word0, u64 word1)
{
	tcb->fault.type = type;
	tcb->fault.word[0] = word0;
	tcb->fault.word[1] = word1;
}

static void send(struct tcb *tcb)
{
	struct cap handler = handler_of(tcb);

	if (cap_is_null(handler)) {
		report_double(tcb);
		tcb->fault.type = seL4_Fault_NullFault;
		sched_set_state(tcb, THREAD_INACTIVE);
		return;
	}
	endpoint_send(endpoint_of(handler), tcb, (struct endpoint_send){
		.badge = cap_badge(handler),
		.blocking = true,
		.call = true,
		.grant = cap_rights(handler) & SEL4_RIGHT_GRANT,
		.grant_reply = cap_rights(handler) & SEL4_RIGHT_GRANT_REPLY,
	});
}

/* Sends the current thread's fault, which is in its record but for what all kinds have. */
static void raise(seL4_FaultType type, u64 word0, u64 word1)
{
	record(sched_current, type, word0, word1);
	send(sched_current);
}

struct tcb *fault_send(struct tcb *tcb)
{
	send(tcb);
	return sched_run();
}

/* The same for what the thread itself did: nothing else happens in this kernel entry. */
static struct tcb *raise_trap(seL4_FaultType type, u64 word0, u64 word1)
{
	record(sched_current, type, word0, word1);
	return fastpath_fault(sched_current);
}

void fault_cap(u64 cptr, bool in_receive, const struct lookup_failure *failure)
{
	sched_current->fault.in_receive = in_receive;
	sched_current->fault.lookup = *failure;
	raise(seL4_Fault_CapFault, cptr, 0);
}

void fault_unknown_syscall(u64 nr)
{
	raise(seL4_Fault_UnknownSyscall, nr, 0);
}

struct tcb *fault_user_exception(u64 number, u64 code)
{
	return raise_trap(seL4_Fault_UserException, number, code);
}

/* Noted when the fault is raised, so that message and reply are of one form. */
static void set_form(struct tcb *tcb)
{
	tcb->fault.brief = tcb->vcpu && vcpu_short_faults(tcb->vcpu);
}

struct tcb *fault_vm(u64 address, u32 fsr, bool fetch)
{
	set_form(sched_current);
	sched_current->fault.fetch = fetch;
	return raise_trap(seL4_Fault_VMFault, address, fsr);
}

struct tcb *fault_vcpu(u32 hsr)
{
	set_form(sched_current);
	return raise_trap(seL4_Fault_VCPUFault, hsr, 0);
}

void fault_vgic_maintenance(u64 index)
{
	raise(seL4_Fault_VGICMaintenance, index, 0);
}

void fault_vppi(u64 irq)
{
	raise(seL4_Fault_VPPIEvent, irq, 0);
}

#define FAULT_WORDS	13

static unsigned int cap_fault_words(const struct tcb *tcb, u64 *w)
{
	const struct fault *fault = &tcb->fault;
	unsigned int n = lookup_failure_words(&fault->lookup);

	w[0] = tcb->context.fault_ip;
	w[1] = fault->word[0];
	w[2] = fault->in_receive;
	w[3] = fault->lookup.type;
	for (unsigned int i = 0; i < n; i++)
		w[4 + i] = fault->lookup.detail[i];
	return 4 + n;
}

static unsigned int unknown_syscall_words(const struct tcb *tcb, u64 *w)
{
	for (unsigned int i = 0; i < 8; i++)
		w[i] = tcb->context.x[i];
	w[8] = tcb->context.fault_ip;
	w[9] = tcb->context.sp;
	w[10] = tcb->context.next_ip;
	w[11] = tcb->context.spsr;
	w[12] = tcb->fault.word[0];
	return 13;
}

static unsigned int fault_words(const struct tcb *tcb, u64 *w)
{
	const struct fault *fault = &tcb->fault;

	switch (fault->type) {
	case seL4_Fault_CapFault:
		return cap_fault_words(tcb, w);
	case seL4_Fault_UnknownSyscall:
		return unknown_syscall_words(tcb, w);
	case seL4_Fault_UserException:
		w[0] = tcb->context.fault_ip;
		w[1] = tcb->context.sp;
		w[2] = tcb->context.spsr;
		w[3] = fault->word[0];
		w[4] = fault->word[1];
		return 5;
	case seL4_Fault_VMFault:
		w[0] = tcb->context.fault_ip;
		w[1] = fault->word[0];
		w[2] = fault->fetch;
		w[3] = fault->word[1];
		return 4;
	default:
		w[0] = fault->word[0];
		return 1;
	}
}

static bool is_brief(const struct fault *fault)
{
	return fault->brief && (fault->type == seL4_Fault_VMFault ||
				fault->type == seL4_Fault_VCPUFault);
}

unsigned int fault_message(struct tcb *tcb, struct tcb *receiver)
{
	u64 words[FAULT_WORDS];
	unsigned int length;
	u64 *buffer;

	if (is_brief(&tcb->fault)) {
		fault_short_message(tcb, &receiver->context.x[IPC_REG_MR0]);
		return FAULT_SHORT_WORDS;
	}
	length = fault_words(tcb, words);
	buffer = length > SEL4_MSG_REGISTERS ? tcb_buffer(receiver, true) : NULL;
	for (unsigned int i = 0; i < length; i++) {
		if (!ipc_set_mr(receiver, buffer, i, words[i]))
			return i;
	}
	return length;
}

/* Reads up to most words of the reply; returns how many there were. */
static unsigned int reply_words(struct tcb *replier, u64 *w, unsigned int most)
{
	unsigned int length = message_length(replier->context.x[IPC_REG_INFO]);
	const u64 *buffer = tcb_buffer(replier, false);

	if (length > most)
		length = most;
	for (unsigned int i = 0; i < length; i++) {
		if (i < SEL4_MSG_REGISTERS)
			w[i] = replier->context.x[IPC_REG_MR0 + i];
		else if (buffer)
			w[i] = buffer[SEL4_IPC_BUFFER_MSG / sizeof(u64) + i];
		else
			return i;
	}
	return length;
}

static void reply_unknown_syscall(struct tcb *tcb, struct tcb *replier)
{
	u64 w[12];
	unsigned int n = reply_words(replier, w, 12);

	for (unsigned int i = 0; i < n && i < 8; i++)
		tcb->context.x[i] = w[i];
	if (n > 8)
		tcb->context.fault_ip = w[8];
	if (n > 9)
		tcb->context.sp = w[9];
	if (n > 10)
		tcb->context.next_ip = w[10];
	if (n > 11)
		tcb->context.spsr = tcb_sanitise_spsr(tcb, w[11]);
}

static void reply_user_exception(struct tcb *tcb, struct tcb *replier)
{
	u64 w[3];
	unsigned int n = reply_words(replier, w, 3);

	if (n > 0)
		tcb->context.fault_ip = w[0];
	if (n > 1)
		tcb->context.sp = w[1];
	if (n > 2)
		tcb->context.spsr = tcb_sanitise_spsr(tcb, w[2]);
}

bool fault_reply(struct tcb *tcb, struct tcb *replier)
{
	u64 info = replier->context.x[IPC_REG_INFO];
	bool label_zero = message_label(info) == 0;

	switch (tcb->fault.type) {
	case seL4_Fault_UnknownSyscall:
		reply_unknown_syscall(tcb, replier);
		return label_zero;
	case seL4_Fault_UserException:
		reply_user_exception(tcb, replier);
		return label_zero;
	case seL4_Fault_VMFault:
	case seL4_Fault_VCPUFault:
		if (tcb->fault.brief && label_zero && message_length(info) > 0)
			fault_short_done(tcb, replier->context.x[IPC_REG_MR0]);
		return true;
	default:
		return true;
	}
}
