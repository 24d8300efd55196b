/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core 1 does while threads of cores 2 and 3, of the lowest priority, call capabilities of
 * its current thread without a pause. Each such call stops that core. It must take its interrupts
 * all the same, run its other threads, and let the thread itself get on unless the calls redirect it.
 */
#include "guest.h"

#define VICTIM		1
#define TIMER_PPI	30
#define TIMER_BADGE	0x40
#define WAKES		20u

static volatile seL4_Word held_turns, other_turns, wakes, wrong_answers, attacks[CORES];
static seL4_CPtr timer_ntfn, timer_handler;

/* A call without capabilities or an IPC buffer. */
struct attack {
	seL4_CPtr to;
	seL4_Word label, length;
	seL4_Word mr[4];
};
static struct attack attack[2];		/* in turns */
static volatile bool attacking;

static void attacker(seL4_Word core)
{
	for (unsigned int i = 0;; i ^= 1) {
		struct sel4_trap trap = { 0 };

		while (!attacking)
			__asm__ volatile("yield");
		for (unsigned int j = 0; j < 4; j++)
			trap.mr[j] = attack[i].mr[j];
		raw_call(attack[i].to, &trap, attack[i].label, attack[i].length);
		attacks[core]++;
	}
}

static void count_held(seL4_Word unused)
{
	(void)unused;
	for (;;)
		held_turns++;
}

static void count_other(seL4_Word unused)
{
	(void)unused;
	for (;;)
		other_turns++;
}

/* In the kernel most of the time. */
static void call_held(seL4_Word to)
{
	for (seL4_Word i = 0;; i++) {
		struct sel4_trap trap = { .mr[0] = i };

		raw_call(to, &trap, 0, 1);
		if (trap.mr[0] != i + 1)
			wrong_answers++;
		held_turns++;
	}
}

static void answer(seL4_Word from)
{
	struct sel4_trap trap = { .x0 = from };

	sel4_trap(SEL4_SYS_RECV, &trap);
	for (;;) {
		trap.x0 = from;
		trap.mr[0]++;
		sel4_trap(SEL4_SYS_REPLY_RECV, &trap);
	}
}

static seL4_Word millisecond(void)
{
	seL4_Word frequency;

	__asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
	return frequency / 1000;
}

/*
 * Woken each millisecond by the victim core's own timer. The one of an earlier test may have left
 * an interrupt that came before this one's notification was set: so it begins with an end.
 */
static void sleeper(seL4_Word unused)
{
	(void)unused;
	for (;;) {
		__asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb");
		sel4_trap(SEL4_SYS_CALL, &(struct sel4_trap){
			.x0 = timer_handler, .info = (seL4_Word)IRQAckIRQ << SEL4_MSG_LABEL_SHIFT });
		__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
				 : : "r"(clock_now() + millisecond()), "r"(1ul));
		raw_wait(timer_ntfn);
		wakes++;
	}
}

static bool thread_on(struct thread *thread, seL4_Word core, void (*entry)(seL4_Word),
		      seL4_Word argument, seL4_Word priority)
{
	return thread_new(thread, ROOT_SPACE, 0) && !seL4_TCB_SetAffinity(thread->tcb, core) &&
	       thread_start(thread, entry, argument, priority);
}

/* All but the thread that is held: two attackers, and a thread of its priority and the sleeper beside it. */
static bool open_scene(seL4_Word priority)
{
	struct thread thread;

	attacking = false;
	timer_ntfn = object_new(seL4_NotificationObject, 0);
	timer_handler = slot_new();
	if (seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, TIMER_PPI, 0, ROOT_CNODE, timer_handler,
					   64, VICTIM) ||
	    seL4_IRQHandler_SetNotification(timer_handler, cap_badge(timer_ntfn, TIMER_BADGE)))
		return false;
	return thread_on(&thread, VICTIM, count_other, 0, priority) &&
	       thread_on(&thread, VICTIM, sleeper, 0, 100) &&
	       thread_on(&thread, 2, attacker, 2, 1) && thread_on(&thread, 3, attacker, 3, 1);
}

static void start_attack(struct attack first, struct attack second)
{
	attacking = false;
	attack[0] = first;
	attack[1] = second;
	attacks[2] = attacks[3] = held_turns = other_turns = wakes = wrong_answers = 0;
	attacking = true;
}

/* The victim core goes on, and so do the attackers. */
static void core_gets_on(void)
{
	UNTIL(attacks[2] > WAKES && attacks[3] > WAKES);
	wakes = 0;
	UNTIL(wakes > WAKES);
	other_turns = 0;
	UNTIL(other_turns > 1000);
}

#define CALL(cap, label, ...)	((struct attack){ cap, label, sizeof((seL4_Word[]){ __VA_ARGS__ }) / 8, \
					{ __VA_ARGS__ } })
#define REFUSED(cap, label)	((struct attack){ cap, label, 0, { 0 } })

/* Calls that leave the thread where it is, of all kinds. (Resume would end a wait for a reply.) */
static unsigned int neutral_calls(seL4_CPtr tcb, struct attack *calls)
{
	const struct attack all[] = {
		REFUSED(tcb, TCBReadRegisters),
		CALL(tcb, TCBReadRegisters, 0, SEL4_TCB_REGISTERS),
		REFUSED(tcb, TCBSetPriority),
		REFUSED(tcb, TCBSetAffinity),
		CALL(tcb, TCBSetAffinity, VICTIM),
		CALL(tcb, TCBSetTLSBase, 0x1000),
		CALL(tcb, TCBSetFlags, 0, 0),
		REFUSED(timer_handler, 99),
	};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		calls[i] = all[i];
	return sizeof(all) / sizeof(all[0]);
}

static void hold_each_way(seL4_CPtr tcb)
{
	struct attack calls[16];
	unsigned int count = neutral_calls(tcb, calls);

	for (unsigned int i = 0; i < count; i++) {
		start_attack(calls[i], calls[(i + 1) % count]);
		core_gets_on();
		held_turns = 0;
		UNTIL(held_turns > 5);
	}
}

static void held_while_it_computes(void)
{
	struct thread held;

	CHECK(open_scene(20));
	CHECK(thread_on(&held, VICTIM, count_held, 0, 20));
	hold_each_way(held.tcb);
}

static void held_while_it_calls(void)
{
	struct thread held, server;
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

	CHECK(open_scene(20));
	CHECK(thread_on(&server, VICTIM, answer, endpoint, 20));
	CHECK(thread_on(&held, VICTIM, call_held, endpoint, 20));
	hold_each_way(held.tcb);
	CHECK_IS(wrong_answers, 0);
}

/* Stopped, resumed and restarted: it may not get on meanwhile, but its core does. */
static void redirected(void)
{
	struct thread held;

	CHECK(open_scene(20));
	CHECK(thread_on(&held, VICTIM, count_held, 0, 20));
	start_attack(CALL(held.tcb, TCBWriteRegisters, 0, 0), CALL(held.tcb, TCBWriteRegisters, 1, 0));
	core_gets_on();
	start_attack(REFUSED(held.tcb, TCBSuspend), REFUSED(held.tcb, TCBResume));
	core_gets_on();
	attacking = false;
	CHECK_OK(seL4_TCB_Resume(held.tcb));
	held_turns = 0;
	UNTIL(held_turns > 1000);
}

static bool guest_on_victim(struct guest *guest, const char *entry)
{
	return guest_new(guest) && !seL4_TCB_SetAffinity(guest->tcb, VICTIM) &&
	       guest_run(guest, entry, GUEST_NOBODY);
}

/* Its exits arrive one by one, with the address that the guest used, and calls of its vCPU. */
static void guest_held_at_its_exits(void)
{
	struct guest guest;
	struct attack calls[5];

	CHECK(open_scene(10));
	CHECK(guest_on_victim(&guest, guest_loop_load));
	calls[0] = CALL(guest.vcpu, ARMVCPUReadReg, seL4_VCPUReg_TPIDR_EL1);
	calls[1] = CALL(guest.vcpu, ARMVCPUWriteReg, seL4_VCPUReg_TPIDR_EL1, 5);
	calls[2] = REFUSED(guest.vcpu, ARMVCPUInjectIRQ);
	calls[3] = CALL(guest.vcpu, ARMVCPUAckVPPI, 27);
	calls[4] = CALL(guest.tcb, TCBReadRegisters, 0, SEL4_TCB_REGISTERS);
	for (unsigned int i = 0; i < 5 && !test_failed; i++) {
		start_attack(calls[i], calls[(i + 1) % 5]);
		core_gets_on();
		for (unsigned int exits = 0; exits < 100; exits++) {
			CHECK_IS(message_wait(guest.endpoint).label, seL4_Fault_VMFault);
			CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), GUEST_NOBODY);
			message_reply(0);
		}
	}
}

/* A guest that never leaves by itself. */
static void guest_held_while_it_computes(void)
{
	struct guest guest;
	seL4_Word then;

	CHECK(open_scene(10));
	CHECK(guest_on_victim(&guest, guest_count));
	start_attack(CALL(guest.vcpu, ARMVCPUReadReg, seL4_VCPUReg_FAR),
		     CALL(guest.vcpu, ARMVCPUWriteReg, seL4_VCPUReg_AFSR0, 1));
	core_gets_on();
	attacking = false;
	then = seL4_ARM_VCPU_ReadRegs(guest.vcpu, seL4_VCPUReg_TPIDR_EL1).value;
	attacking = true;
	core_gets_on();
	CHECK(seL4_ARM_VCPU_ReadRegs(guest.vcpu, seL4_VCPUReg_TPIDR_EL1).value > then);
}

const struct test tests_hold_smp[] = {
	{ "held_while_it_computes", held_while_it_computes },
	{ "held_while_it_calls", held_while_it_calls },
	{ "redirected_without_a_pause", redirected },
	{ "guest_held_at_its_exits", guest_held_at_its_exits },
	{ "guest_held_while_it_computes", guest_held_while_it_computes },
	{ 0 },
};
