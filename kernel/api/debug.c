/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug calls (ABI 12), for native threads of debug builds. */
#include <arch/clamp.h>
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/debug.h>
#include <kernel/print.h>
#include <kernel/sched.h>

#ifdef KERNEL_DEBUG

static struct tcb *all_threads;

void debug_init(void)
{
	all_threads = NULL;
}

void debug_thread_created(struct tcb *tcb)
{
	tcb->all_prev = NULL;
	tcb->all_next = all_threads;
	if (all_threads)
		all_threads->all_prev = tcb;
	all_threads = tcb;
}

void debug_thread_gone(struct tcb *tcb)
{
	if (tcb->all_prev)
		tcb->all_prev->all_next = tcb->all_next;
	else
		all_threads = tcb->all_next;
	if (tcb->all_next)
		tcb->all_next->all_prev = tcb->all_prev;
}

static const char *state_name(enum thread_state state)
{
	static const char *const names[] = {
		[THREAD_INACTIVE] = "inactive",
		[THREAD_RUNNING] = "running",
		[THREAD_RESTART] = "restart",
		[THREAD_BLOCKED_RECEIVE] = "blocked on receive",
		[THREAD_BLOCKED_SEND] = "blocked on send",
		[THREAD_BLOCKED_REPLY] = "blocked on reply",
		[THREAD_BLOCKED_NOTIFICATION] = "blocked on notification",
		[THREAD_IDLE] = "idle",
	};

	return names[state];
}

static void dump_scheduler(void)
{
	print("name, state, ip, priority, core\n");
	for (const struct tcb *tcb = all_threads; tcb; tcb = tcb->all_next)
		print("%s, %s, %lx, %u, %u\n", tcb->name, state_name(tcb->state),
		      tcb->context.fault_ip, (unsigned int)tcb->priority,
		      core_number(core_of(tcb)));
}

/* The capabilities in the top level of each thread's CSpace. */
static void snapshot(void)
{
	for (const struct tcb *tcb = all_threads; tcb; tcb = tcb->all_next) {
		struct cap root = tcb->slots[TCB_CSPACE].cap;

		print("thread %s {\n", tcb->name);
		if (cap_type(root) != CAP_CNODE)
			root = cap_null();
		for (u64 i = 0; !cap_is_null(root) && i < 1UL << cap_cnode_radix(root); i++) {
			struct cap cap = cnode_slots(root)[i].cap;

			if (!cap_is_null(cap))
				print("  %lu: type %u (%lx, %lx)\n", i,
				      (unsigned int)cap_type(cap), cap.w[0], cap.w[1]);
		}
		print("}\n");
	}
}

static void cap_identify(struct tcb *tcb)
{
	struct lookup_failure ignored;
	struct slot *slot = lookup_slot(tcb, tcb->context.x[0], &ignored);

	tcb->context.x[0] = slot ? (u64)cap_type(slot->cap) : 0;
}

_Noreturn static void halt_for(const char *why)
{
	print("%s\n", why);
	arch_halt();
}

static void name_thread(struct tcb *tcb)
{
	struct lookup_failure ignored;
	struct slot *slot = lookup_slot(tcb, tcb->context.x[0], &ignored);
	const char *name = (const char *)tcb_buffer(tcb, false);
	struct tcb *target;
	unsigned int length;

	if (!slot || cap_type(slot->cap) != CAP_THREAD)
		halt_for("DebugNameThread: the capability is not a thread's");
	if (!name)
		halt_for("DebugNameThread: the caller has no IPC buffer");
	name += SEL4_IPC_BUFFER_MSG;
	for (length = 0; name[length]; length++) {
		if (length + 1 == SEL4_MSG_MAX_LENGTH * sizeof(u64))
			halt_for("DebugNameThread: the name does not end");
	}
	if (length >= TCB_NAME_SIZE)
		length = TCB_NAME_SIZE - 1;
	target = tcb_of(slot->cap);
	for (unsigned int i = 0; i < length; i++)
		target->name[i] = name[i];
	target->name[length] = 0;
}

#if KERNEL_CORES > 1
static void send_ipi(struct tcb *tcb)
{
	u64 target = tcb->context.x[0], sgi = tcb->context.x[1];

	if (target >= KERNEL_CORES || sgi > 15)
		halt_for("DebugSendIPI: no such core or interrupt");
	arch_core_interrupt(&cores[index_clamp(target, KERNEL_CORES)], (unsigned int)sgi);
}

static void thread_affinity(struct tcb *tcb)
{
	struct lookup_failure ignored;
	struct slot *slot = lookup_slot(tcb, tcb->context.x[0], &ignored);

	if (!slot || cap_type(slot->cap) != CAP_THREAD)
		halt_for("DebugGetThreadAffinity: the capability is not a thread's");
	tcb->context.x[0] = core_number(core_of(tcb_of(slot->cap)));
}
#endif

bool debug_syscall(long nr)
{
	struct tcb *tcb = sched_current;

	if (tcb->vcpu)
		return false;
	switch (nr) {
	case SEL4_SYS_DEBUG_PUT_CHAR:
		arch_putc((char)tcb->context.x[0]);
		return true;
	case SEL4_SYS_DEBUG_DUMP_SCHEDULER:
		dump_scheduler();
		return true;
	case SEL4_SYS_DEBUG_HALT:
		halt_for("halted by a debug call");
	case SEL4_SYS_DEBUG_CAP_IDENTIFY:
		cap_identify(tcb);
		return true;
	case SEL4_SYS_DEBUG_SNAPSHOT:
		snapshot();
		return true;
	case SEL4_SYS_DEBUG_NAME_THREAD:
		name_thread(tcb);
		return true;
#if KERNEL_CORES > 1
	case SEL4_SYS_DEBUG_SEND_IPI:
		send_ipi(tcb);
		return true;
	case SEL4_SYS_DEBUG_GET_THREAD_AFFINITY:
		thread_affinity(tcb);
		return true;
#endif
	default:
		return false;
	}
}

void debug_report(const struct invocation *inv)
{
#ifdef KERNEL_REPORT_ERRORS
	print("thread %s at %lx: label %lu on cap %lx (type %u): error %u\n", inv->caller->name,
	      inv->caller->context.fault_ip, inv->label, inv->cptr,
	      (unsigned int)cap_type(inv->cap), (unsigned int)inv->error.code);
#else
	(void)inv;
#endif
}

#else
typedef int debug_is_empty;	/* a translation unit needs a declaration */
#endif
