/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose the timers' registers are. CNTP_* belongs to the CSpace that holds the capability to PPI 30's
 * handler; nobody has CNTV_*; while the handler exists all read the physical counter.
 */
#include "env.h"

#define NODE_BITS	2u
#define NODE_ENDPOINT	1u		/* where a thread with a CSpace of its own finds what */
#define NODE_HANDLER	2u
#define EC(esr)		((esr) >> 26)
#define EC_SYSREG	0x18
#define EC_BRK		0x3c

extern char timer_accesses[], lone_trap[];

static const char *const names[] = {
	"read CNTP_CTL", "read CNTP_CVAL", "read CNTP_TVAL",
	"write CNTP_CTL", "write CNTP_CVAL", "write CNTP_TVAL",
	"read CNTV_CTL", "read CNTV_CVAL", "read CNTV_TVAL",
	"write CNTV_CTL", "write CNTV_CVAL", "write CNTV_TVAL",
	"read CNTVCT", "read CNTKCTL", "write CNTKCTL", "read CNTPCT", "read CNTFRQ",
};
#define ACCESSES	(sizeof(names) / sizeof(names[0]))

enum { READ_CTL, READ_CVAL, READ_TVAL, WRITE_CTL, WRITE_CVAL, WRITE_TVAL, TIMER_ACCESSES,
	READ_CNTKCTL = 13, READ_CNTPCT = 15 };

enum outcome { ALLOWED, TRAPPED, UNDEFINED, OTHER };

/* Two threads of one address space: of our CSpace, and of one that holds but its fault endpoint. */
static struct thread ours, stranger;
static seL4_CPtr endpoint, node;

static bool threads_new(void)
{
	endpoint = object_new(seL4_EndpointObject, 0);
	node = object_new(seL4_CapTableObject, NODE_BITS);
	return thread_new(&ours, ROOT_SPACE, cap_badge(endpoint, 1)) &&
	       thread_new(&stranger, ROOT_SPACE, 0) &&
	       !seL4_CNode_Mint(node, NODE_ENDPOINT, NODE_BITS, ROOT_CNODE, endpoint, 64,
				seL4_AllRights, 2) &&
	       !seL4_TCB_SetSpace(stranger.tcb, NODE_ENDPOINT, node, 64 - NODE_BITS, ROOT_SPACE, 0) &&
	       !seL4_TCB_SetPriority(ours.tcb, seL4_CapInitThreadTCB, 10) &&
	       !seL4_TCB_SetPriority(stranger.tcb, seL4_CapInitThreadTCB, 10);
}

static struct message run_at(const struct thread *thread, seL4_UserContext context)
{
	seL4_TCB_Suspend(thread->tcb);
	seL4_TCB_WriteRegisters(thread->tcb, true, 0, SEL4_TCB_REGISTERS, &context);
	return message_wait(endpoint);
}

/* Has the thread do one access, with a value to write; *value becomes what it read. */
static enum outcome attempt(const struct thread *thread, unsigned int access, seL4_Word *value)
{
	seL4_UserContext context = { .pc = (seL4_Word)timer_accesses + 8 * access, .x0 = *value };
	struct message m = run_at(thread, context);
	seL4_Word syndrome = seL4_GetMR(0);

	if (m.label == seL4_Fault_UserException)
		return UNDEFINED;
	if (m.label != seL4_Fault_VCPUFault)
		return OTHER;
	if (EC(syndrome) == EC_SYSREG)
		return TRAPPED;
	seL4_TCB_ReadRegisters(thread->tcb, false, 0, SEL4_TCB_REGISTERS, &context);
	*value = context.x0;
	return EC(syndrome) == EC_BRK ? ALLOWED : OTHER;
}

static bool may_use(const struct thread *thread)
{
	seL4_Word value = 0;

	return attempt(thread, READ_CVAL, &value) == ALLOWED;
}

static enum outcome expected(bool holder, unsigned int access)
{
	if (access < TIMER_ACCESSES)
		return holder ? ALLOWED : TRAPPED;
	if (access < READ_CNTKCTL)
		return TRAPPED;
	return access < READ_CNTPCT ? UNDEFINED : ALLOWED;
}

static void check_accesses(const struct thread *thread, bool holder)
{
	for (unsigned int i = 0; i < ACCESSES; i++) {
		seL4_Word value = 0;
		enum outcome got = attempt(thread, i, &value);

		if (got != expected(holder, i)) {
			test_fail(__FILE__, __LINE__, names[i], got, expected(holder, i));
			return;
		}
	}
}

/* The timer runs all the while: what the stranger tries must not stop it. */
static void timer_holder(void)
{
	seL4_Word badge = 0, value = 0, armed;

	CHECK(clock_open() && threads_new());
	check_accesses(&ours, true);
	if (test_failed)
		return;
	clock_start(20);
	__asm__ volatile("mrs %0, cntp_cval_el0" : "=r"(armed));
	for (unsigned int i = 0; i < 3; i++) {		/* turn and turn about with a holder */
		check_accesses(&stranger, false);
		if (test_failed)
			return;
		CHECK_IS(attempt(&ours, READ_CVAL, &value), ALLOWED);
		CHECK_IS(value, armed);
	}
	seL4_Wait(clock_notification, &badge);
	CHECK_IS(badge, 1ul << 62);
}

/* Without a handler nobody has anything of a timer, and what it was set to goes with it. */
static void timer_without_handler(void)
{
	seL4_Word value = 12345, enable = 1;

	CHECK(threads_new());
	CHECK_IS(attempt(&ours, READ_CNTPCT, &value), TRAPPED);
	CHECK(!may_use(&ours));
	CHECK(clock_open());
	CHECK_IS(attempt(&ours, WRITE_CVAL, &value), ALLOWED);
	CHECK_IS(attempt(&ours, WRITE_CTL, &enable), ALLOWED);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, clock_handler, 64));
	clock_handler = 0;
	CHECK(!may_use(&ours));
	CHECK_IS(attempt(&ours, READ_CNTPCT, &value), TRAPPED);
	CHECK(clock_open());
	CHECK_IS(attempt(&ours, READ_CVAL, &value), ALLOWED);
	CHECK_IS(value, 0);
	CHECK_IS(attempt(&ours, READ_CTL, &value), ALLOWED);
	CHECK_IS(value, 0);
}

static bool stranger_acknowledges(void)
{
	seL4_UserContext context = {
		.pc = (seL4_Word)lone_trap, .x0 = NODE_HANDLER,
		.x1 = (seL4_Word)IRQAckIRQ << SEL4_MSG_LABEL_SHIFT, .x7 = (seL4_Word)SEL4_SYS_CALL,
	};
	struct message m = run_at(&stranger, context);

	return m.label == seL4_Fault_VCPUFault && EC(seL4_GetMR(0)) == EC_BRK;
}

/* The registers are where the capability is, and it was last used. */
static void timer_goes_with_capability(void)
{
	CHECK(clock_open() && threads_new());
	CHECK_OK(seL4_CNode_Move(node, NODE_HANDLER, NODE_BITS, ROOT_CNODE, clock_handler, 64));
	CHECK(!may_use(&ours) && !may_use(&stranger));
	CHECK(stranger_acknowledges());
	CHECK(!may_use(&ours) && may_use(&stranger));
	CHECK_OK(seL4_CNode_Move(ROOT_CNODE, clock_handler, 64, node, NODE_HANDLER, NODE_BITS));
	CHECK(!may_use(&ours) && !may_use(&stranger));
	CHECK_OK(seL4_IRQHandler_Ack(clock_handler));
	CHECK(may_use(&ours) && !may_use(&stranger));

	/* Of two copies the one that was used last. */
	CHECK_OK(seL4_CNode_Copy(node, NODE_HANDLER, NODE_BITS, ROOT_CNODE, clock_handler, 64,
				 seL4_AllRights));
	CHECK(may_use(&ours) && !may_use(&stranger));
	CHECK(stranger_acknowledges());
	CHECK(!may_use(&ours) && may_use(&stranger));
	CHECK_OK(seL4_CNode_Delete(node, NODE_HANDLER, NODE_BITS));
	CHECK(!may_use(&ours) && !may_use(&stranger));
	CHECK_OK(seL4_IRQHandler_Ack(clock_handler));

	/* A thread that goes to another CSpace leaves them behind. */
	CHECK(may_use(&ours));
	CHECK_OK(seL4_TCB_SetSpace(ours.tcb, NODE_ENDPOINT, node, 64 - NODE_BITS, ROOT_SPACE, 0));
	CHECK(!may_use(&ours));
}

/*
 * A thread that has the registers open gives them up by itself, and runs on without a switch to another
 * one: it must be refused at once.
 */
static volatile seL4_Word steps;
static seL4_CPtr other_slot;

static void touch(void)
{
	__asm__ volatile("msr cntp_cval_el0, %0\n\tisb" : : "r"(~0ul) : "memory");
	steps++;
}

static void invoke(seL4_CPtr to, struct sel4_trap trap, seL4_MessageInfo_t info)
{
	trap.x0 = to;
	trap.info = info.words[0];
	sel4_trap(SEL4_SYS_CALL, &trap);
	if (trap.info >> SEL4_MSG_LABEL_SHIFT)
		steps += 100;
	touch();
	__asm__ volatile("brk #3");
}

static void delete_handler(seL4_Word argument)
{
	touch();
	invoke(ROOT_CNODE, (struct sel4_trap){ .mr = { clock_handler, 64 } },
	       seL4_MessageInfo_new(CNodeDelete, 0, 0, 2));
}

static void clear_handler(seL4_Word argument)
{
	touch();
	invoke(clock_handler, (struct sel4_trap){ 0 },
	       seL4_MessageInfo_new(IRQClearIRQHandler, 0, 0, 0));
}

static void move_handler(seL4_Word buffer)
{
	volatile seL4_IPCBuffer *ipc = (seL4_IPCBuffer *)buffer;

	touch();
	ipc->caps_or_badges[0] = ROOT_CNODE;
	invoke(ROOT_CNODE, (struct sel4_trap){ .mr = { other_slot, 64, clock_handler, 64 } },
	       seL4_MessageInfo_new(CNodeMove, 0, 1, 4));
}

static void set_own_space(seL4_Word buffer)
{
	volatile seL4_IPCBuffer *ipc = (seL4_IPCBuffer *)buffer;

	touch();
	ipc->caps_or_badges[0] = node;
	ipc->caps_or_badges[1] = ROOT_SPACE;
	invoke(ours.tcb, (struct sel4_trap){ .mr = { NODE_ENDPOINT, 64 - NODE_BITS, 0 } },
	       seL4_MessageInfo_new(TCBSetSpace, 0, 2, 3));
}

/* The exception class of what ends the thread; steps says how often it used the register. */
static seL4_Word run_to_end(void (*entry)(seL4_Word), seL4_CPtr buffer)
{
	steps = 0;
	if (!clock_open() || !threads_new() ||
	    seL4_TCB_SetIPCBuffer(ours.tcb, SCRATCH, buffer) ||
	    !thread_start(&ours, entry, SCRATCH, 10) ||
	    message_wait(endpoint).label != seL4_Fault_VCPUFault)
		return 0;
	return EC(seL4_GetMR(0));
}

static void timer_given_up(void)
{
	seL4_CPtr buffer = space_page(ROOT_SPACE, SCRATCH);

	CHECK_IS(run_to_end(delete_handler, buffer), EC_SYSREG);
	CHECK_IS(steps, 1);
	clock_handler = 0;
	other_slot = slot_new();
	CHECK_IS(run_to_end(move_handler, buffer), EC_SYSREG);
	CHECK_IS(steps, 1);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, other_slot, 64));
	clock_handler = 0;
	CHECK_IS(run_to_end(set_own_space, buffer), EC_SYSREG);
	CHECK_IS(steps, 1);
	clock_close();
	/* That the interrupt signals nobody is no loss of it. */
	CHECK_IS(run_to_end(clear_handler, buffer), EC_BRK);
	CHECK_IS(steps, 2);
}

const struct test tests_timer[] = {
	{ "timer_holder", timer_holder },
	{ "timer_without_handler", timer_without_handler },
	{ "timer_goes_with_capability", timer_goes_with_capability },
	{ "timer_given_up", timer_given_up },
	{ 0 },
};
