/* SPDX-License-Identifier: BSD-2-Clause */
/* Several cores (ABI 7.5, 10.3): each test runs threads beside this one, which is on core 0. */
#include "env.h"

#define TIMER_PPI	30
#define TIMER_BADGE	0x40

static volatile seL4_Word counters[CORES];
static seL4_CPtr endpoint;

static void clear(void)
{
	for (unsigned int i = 0; i < CORES; i++)
		counters[i] = 0;
}

static void count(seL4_Word i)
{
	for (;;)
		counters[i]++;
}

/* The same, and another function for threads that are sent elsewhere. */
static void count_by_two(seL4_Word i)
{
	for (;;)
		counters[i] += 2;
}

static bool thread_on(struct thread *thread, seL4_Word core, void (*entry)(seL4_Word),
		      seL4_Word argument, seL4_Word priority)
{
	return thread_new(thread, ROOT_SPACE, endpoint) &&
	       !seL4_TCB_SetAffinity(thread->tcb, core) &&
	       thread_start(thread, entry, argument, priority);
}

static void cores_known(void)
{
	struct thread thread;

	CHECK_IS(boot->numNodes, CORES);
	CHECK_IS(boot->nodeID, 0);
	endpoint = 0;
	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	CHECK_IS(seL4_TCB_SetAffinity(thread.tcb, CORES), seL4_IllegalOperation);
	CHECK_IS(seL4_TCB_SetAffinity(thread.tcb, ~0ul), seL4_IllegalOperation);
	for (seL4_Word core = 0; core < CORES; core++)
		CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, core));
}

/* This thread does not block: the others run beside it, whatever their priority. */
static void all_at_once(void)
{
	struct thread threads[CORES];

	clear();
	for (seL4_Word core = 1; core < CORES; core++)
		CHECK(thread_on(&threads[core], core, count, core, 1));
	for (seL4_Word core = 1; core < CORES; core++)
		UNTIL(counters[core] > 1000);
}

/* Every core has its tick. */
static void turns_on_each_core(void)
{
	struct thread threads[3];

	endpoint = 0;
	for (seL4_Word core = 1; core < CORES; core++) {
		clear();
		for (seL4_Word i = 1; i < 3; i++)
			CHECK(thread_on(&threads[i], core, count, i, 10));
		UNTIL(counters[1] > 1000 && counters[2] > 1000);
		for (seL4_Word i = 1; i < 3; i++) {
			counters[i] = 0;
			UNTIL(counters[i] > 1000);
		}
		for (seL4_Word i = 1; i < 3; i++)
			CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, threads[i].tcb, 64));
	}
}

static void add_one(seL4_Word to)
{
	struct sel4_trap trap = { .x0 = to };

	sel4_trap(SEL4_SYS_RECV, &trap);
	for (;;) {
		trap.x0 = to;
		trap.mr[0]++;
		sel4_trap(SEL4_SYS_REPLY_RECV, &trap);
	}
}

static void call_and_reply(void)
{
	struct thread threads[CORES];
	seL4_CPtr to[CORES];

	endpoint = 0;
	for (seL4_Word core = 0; core < CORES; core++) {
		to[core] = object_new(seL4_EndpointObject, 0);
		CHECK(thread_on(&threads[core], core, add_one, to[core], 20));
	}
	for (seL4_Word i = 0; i < 400; i++) {
		struct sel4_trap trap = { .mr[0] = i };

		CHECK_OK(raw_call(to[i % CORES], &trap, 0, 1));
		CHECK_IS(trap.mr[0], i + 1);
	}
}

static seL4_CPtr ring[CORES];

/* Passes signals on to the next core. */
static void pass_on(seL4_Word i)
{
	for (;;) {
		struct sel4_trap trap = { .x0 = ring[(i + 1) % CORES] };

		raw_wait(ring[i]);
		counters[i]++;
		sel4_trap(SEL4_SYS_SEND, &trap);
	}
}

static void signals_in_a_ring(void)
{
	struct thread threads[CORES];

	clear();
	for (seL4_Word i = 0; i < CORES; i++)
		ring[i] = object_new(seL4_NotificationObject, 0);
	for (seL4_Word i = 1; i < CORES; i++)
		CHECK(thread_on(&threads[i], i, pass_on, i, 20));
	for (unsigned int round = 1; round <= 200; round++) {
		seL4_Signal(ring[1]);
		seL4_Wait(ring[0], NULL);
		for (seL4_Word i = 1; i < CORES; i++)
			CHECK_IS(counters[i], round);
	}
}

/* What is done to a thread that runs at that moment has happened when the call returns. */
static void stop_a_running_thread(void)
{
	struct thread thread;
	seL4_UserContext context;
	seL4_Word then;

	clear();
	CHECK(thread_on(&thread, 2, count, 1, 20));
	for (unsigned int i = 0; i < 50; i++) {
		UNTIL(counters[1] > 10);
		CHECK_OK(seL4_TCB_Suspend(thread.tcb));
		then = counters[1];
		for (unsigned int j = 0; j < 1000; j++)
			CHECK_IS(counters[1], then);
		counters[1] = 0;
		CHECK_OK(seL4_TCB_Resume(thread.tcb));
	}
	UNTIL(counters[1] > 10);
	CHECK_OK(seL4_TCB_ReadRegisters(thread.tcb, false, 0, SEL4_TCB_REGISTERS, &context));
	CHECK(context.pc >= (seL4_Word)count && context.pc < (seL4_Word)count + 64);
	then = counters[1];
	UNTIL(counters[1] > then + 10);		/* reading did not stop it */
	context.pc = (seL4_Word)count_by_two;
	context.x0 = 3;
	CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, false, 0, SEL4_TCB_REGISTERS, &context));
	UNTIL(counters[3] > 10);
	then = counters[1];
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64));
	counters[3] = 0;
	for (unsigned int j = 0; j < 1000; j++)
		CHECK_IS(counters[3], 0);
	CHECK_IS(counters[1], then);
}

/* The thread calls without a pause while it is stopped: no call is lost, none happens twice. */
static void caller(seL4_Word to)
{
	for (seL4_Word i = 0;; i++) {
		struct sel4_trap trap = { .mr[0] = i };

		raw_call(to, &trap, 0, 1);
		counters[0] = i;
		if (trap.mr[0] != i + 1)
			counters[3]++;
	}
}

static void stop_a_calling_thread(void)
{
	seL4_CPtr to = object_new(seL4_EndpointObject, 0);
	struct thread client, server;

	clear();
	CHECK(thread_on(&server, 1, add_one, to, 20));
	CHECK(thread_on(&client, 2, caller, to, 20));
	for (unsigned int i = 0; i < 300; i++) {
		seL4_Word then = counters[0];

		CHECK_OK(seL4_TCB_Suspend(client.tcb));
		CHECK_OK(seL4_TCB_Resume(client.tcb));
		UNTIL(counters[0] > then);
	}
	CHECK_IS(counters[3], 0);
}

static void move_a_running_thread(void)
{
	struct thread thread;

	clear();
	CHECK(thread_on(&thread, 1, count, 1, 20));
	for (seL4_Word i = 0; i < 60; i++) {
		UNTIL(counters[1] > 10);
		CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, 1 + i % (CORES - 1)));
		counters[1] = 0;
	}
	/* To this core, where this thread of higher priority runs: it waits. */
	CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, 0));
	counters[1] = 0;
	for (unsigned int j = 0; j < 1000; j++)
		CHECK_IS(counters[1], 0);
	/* This thread goes away itself, and comes back. */
	CHECK_OK(seL4_TCB_SetAffinity(seL4_CapInitThreadTCB, 3));
	UNTIL(counters[1] > 10);
	CHECK_OK(seL4_TCB_SetAffinity(seL4_CapInitThreadTCB, 0));
	counters[1] = 0;
	for (unsigned int j = 0; j < 1000; j++)
		CHECK_IS(counters[1], 0);
}

static void priorities_per_core(void)
{
	struct thread high, low, elsewhere;

	clear();
	CHECK(thread_on(&low, 1, count, 1, 10));
	UNTIL(counters[1] > 10);
	CHECK(thread_on(&high, 1, count, 2, 20));
	UNTIL(counters[2] > 10);
	counters[1] = 0;
	CHECK(thread_on(&elsewhere, 2, count, 3, 5));
	UNTIL(counters[3] > 10);
	UNTIL(counters[2] > 1000);
	CHECK(counters[1] < 100);		/* what it had in a register when it was left */
	CHECK_OK(seL4_TCB_SetPriority(low.tcb, seL4_CapInitThreadTCB, 30));
	counters[1] = 0;
	UNTIL(counters[1] > 10);
	CHECK_OK(seL4_TCB_SetPriority(low.tcb, seL4_CapInitThreadTCB, 10));
	counters[2] = 0;
	UNTIL(counters[2] > 10);
	CHECK_OK(seL4_TCB_Suspend(high.tcb));
	counters[1] = 0;
	UNTIL(counters[1] > 10);
}

/* Once Unmap returned no core reaches the page any more. */
static void read_for_ever(seL4_Word address)
{
	for (;;) {
		(void)*(volatile seL4_Word *)address;
		counters[1]++;
	}
}

static void unmap_what_is_used(void)
{
	seL4_CPtr page = space_page(ROOT_SPACE, SCRATCH);
	struct thread thread;

	endpoint = object_new(seL4_EndpointObject, 0);
	for (unsigned int i = 0; i < 20; i++) {
		clear();
		CHECK(thread_on(&thread, 1 + i % 3, read_for_ever, SCRATCH, 20));
		UNTIL(counters[1] > 10);
		CHECK_OK(seL4_ARM_Page_Unmap(page));
		CHECK_IS(message_wait(endpoint).label, seL4_Fault_VMFault);
		CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), SCRATCH);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64));
		CHECK_OK(space_map(ROOT_SPACE, page, SCRATCH, seL4_ReadWrite, 3));
	}
	endpoint = 0;
}

static void delete_the_space_of_a_running_thread(void)
{
	struct thread thread;
	seL4_CPtr fault = object_new(seL4_EndpointObject, 0);

	for (unsigned int i = 0; i < 5; i++) {
		seL4_CPtr space = space_twin();

		clear();
		CHECK(thread_new(&thread, space, fault));
		CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, 1 + i % 3));
		CHECK(thread_start(&thread, count, 1, 20));
		UNTIL(counters[1] > 10);
		CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, space, 64));
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, space, 64));
		CHECK_IS(message_wait(fault).label, seL4_Fault_VMFault);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64));
	}
}

/* SIMD registers go with a thread from core to core. counters[2] != 0: they did not. */
static void keep_simd(seL4_Word value)
{
	__asm__ volatile(".arch_extension simd\n\tfmov d9, %0" : : "r"(value));
	for (;;) {
		seL4_Word now;

		__asm__ volatile("fmov %0, d9" : "=r"(now));
		if (now != value)
			counters[2]++;
		counters[1]++;
	}
}

static void disturb_simd(seL4_Word core)
{
	for (;;) {
		__asm__ volatile(".arch_extension simd\n\tfmov d9, %0" : : "r"(~core));
		counters[3]++;
	}
}

static void simd_moves(void)
{
	struct thread thread, others[CORES];

	clear();
	for (seL4_Word core = 1; core < CORES; core++)
		CHECK(thread_on(&others[core], core, disturb_simd, core, 10));
	CHECK(thread_on(&thread, 1, keep_simd, 0x1234567890, 20));
	for (seL4_Word i = 0; i < 30; i++) {
		UNTIL(counters[1] > 10);
		CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, 1 + i % (CORES - 1)));
		counters[1] = 0;
		if (i % 5 == 0)
			CHECK_OK(seL4_TCB_Suspend(thread.tcb));
		counters[3] = 0;
		UNTIL(i % 5 || counters[3] > 10);
		CHECK_OK(seL4_TCB_Resume(thread.tcb));
	}
	UNTIL(counters[1] > 10);
	CHECK_IS(counters[2], 0);
}

static seL4_CPtr timer_ntfn, timer_handler;

/* Its core's own timer; says which core's interrupt came by counting. */
static void sleeper(seL4_Word i)
{
	for (;;) {
		seL4_Word now = clock_now();

		__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
				 : : "r"(now + 20000), "r"(1ul));
		if (raw_wait(timer_ntfn) != TIMER_BADGE)
			counters[0]++;
		__asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb");
		counters[i]++;
		sel4_trap(SEL4_SYS_CALL, &(struct sel4_trap){
			.x0 = timer_handler, .info = (seL4_Word)IRQAckIRQ << SEL4_MSG_LABEL_SHIFT });
	}
}

static void private_interrupts(void)
{
	struct thread thread;

	endpoint = 0;
	timer_ntfn = object_new(seL4_NotificationObject, 0);
	CHECK_IS(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, TIMER_PPI, 0, ROOT_CNODE, slot_new(),
					    64), seL4_IllegalOperation);
	CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, TIMER_PPI, 0, ROOT_CNODE,
						slot_new(), 64, CORES), seL4_InvalidArgument);
	CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 0, 0, ROOT_CNODE, slot_new(), 64,
						1), seL4_RevokeFirst);
	for (seL4_Word core = 1; core < CORES; core++) {
		clear();
		timer_handler = slot_new();
		CHECK_OK(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, TIMER_PPI, 0, ROOT_CNODE,
							timer_handler, 64, core));
		CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, TIMER_PPI, 0, ROOT_CNODE,
							slot_new(), 64, core), seL4_RevokeFirst);
		CHECK_OK(seL4_IRQHandler_SetNotification(timer_handler,
							 cap_badge(timer_ntfn, TIMER_BADGE)));
		CHECK(thread_on(&thread, core, sleeper, 1, 20));
		UNTIL(counters[1] > 5);
		CHECK_IS(counters[0], 0);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64));
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, timer_handler, 64));
	}
}

static void use_timer(seL4_Word i)
{
	for (;;) {
		__asm__ volatile("msr cntp_cval_el0, %0\n\tisb" : : "r"(~0ul));
		counters[i]++;
	}
}

/* The timer of a core is for who holds that core's handler, and while it runs there. */
static void timer_of_another_core(void)
{
	struct thread thread;

	clear();
	endpoint = object_new(seL4_EndpointObject, 0);
	timer_ntfn = object_new(seL4_NotificationObject, 0);
	timer_handler = slot_new();
	CHECK_OK(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, TIMER_PPI, 0, ROOT_CNODE,
						timer_handler, 64, 1));
	CHECK(thread_on(&thread, 2, use_timer, 1, 20));
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
	CHECK_IS(counters[1], 0);
	CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, 1));
	message_reply(0);
	UNTIL(counters[1] > 1000);
	CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, 3));		/* while it runs */
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
	CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, 1));
	counters[1] = 0;
	message_reply(0);
	UNTIL(counters[1] > 1000);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, timer_handler, 64));
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
}

/* The console's UART raises its interrupt when it has sent something. */
#define UART_IRQ	33
#define PL011_DR	(0x00 / 4)
#define PL011_IMSC	(0x38 / 4)
#define PL011_ICR	(0x44 / 4)
#define PL011_TX	(1u << 5)

/* An interrupt of all cores comes wherever it is routed to, and wakes this core. */
static void shared_interrupt(void)
{
	volatile unsigned int *uart = (volatile unsigned int *)CONSOLE_AT;
	seL4_Word badge;

	timer_ntfn = object_new(seL4_NotificationObject, 0);
	for (seL4_Word core = 0; core < CORES; core++) {
		timer_handler = slot_new();
		CHECK_OK(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, UART_IRQ, 0, ROOT_CNODE,
							timer_handler, 64, core));
		CHECK_OK(seL4_IRQHandler_SetNotification(timer_handler,
							 cap_badge(timer_ntfn, TIMER_BADGE)));
		uart[PL011_IMSC] = PL011_TX;
		uart[PL011_DR] = '\n';
		seL4_Wait(timer_ntfn, &badge);
		CHECK_IS(badge, TIMER_BADGE);
		uart[PL011_IMSC] = 0;
		uart[PL011_ICR] = PL011_TX;
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, timer_handler, 64));
	}
}

/* Random steps on threads of all cores; the sum of what servers did is what clients asked for. */
#define PAIRS	3
#define STEPS	60

static volatile seL4_Word asked[PAIRS], served[PAIRS];
static seL4_CPtr pair_endpoint[PAIRS];

static void pair_server(seL4_Word i)
{
	struct sel4_trap trap = { .x0 = pair_endpoint[i] };

	sel4_trap(SEL4_SYS_RECV, &trap);
	for (;;) {
		served[i]++;
		trap.x0 = pair_endpoint[i];
		sel4_trap(SEL4_SYS_REPLY_RECV, &trap);
	}
}

static void pair_client(seL4_Word i)
{
	for (;;) {
		struct sel4_trap trap = { .mr[0] = i };

		raw_call(pair_endpoint[i], &trap, 0, 1);
		asked[i]++;
	}
}

static void random_steps(void)
{
	struct thread threads[2 * PAIRS];
	unsigned int seed = 12345;

	endpoint = 0;
	for (seL4_Word i = 0; i < PAIRS; i++) {
		asked[i] = served[i] = 0;
		pair_endpoint[i] = object_new(seL4_EndpointObject, 0);
		CHECK(thread_on(&threads[2 * i], 1 + i % 3, pair_server, i, 20));
		CHECK(thread_on(&threads[2 * i + 1], 1 + (i + 1) % 3, pair_client, i, 20));
	}
	for (unsigned int step = 0; step < STEPS; step++) {
		seL4_CPtr tcb;

		seed = seed * 1103515245 + 12345;
		tcb = threads[seed >> 16 & 1 ? 1 : 3].tcb;
		switch (seed >> 20 & 7) {
		case 0:
			CHECK_OK(seL4_TCB_Suspend(tcb));
			CHECK_OK(seL4_TCB_Resume(tcb));
			break;
		case 1:
			CHECK_OK(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 10 + (seed >> 24 & 15)));
			break;
		default:
			CHECK_OK(seL4_TCB_SetAffinity(threads[(seed >> 16) % (2 * PAIRS)].tcb,
						      1 + (seed >> 24) % (CORES - 1)));
		}
	}
	for (seL4_Word i = 0; i < PAIRS; i++) {
		seL4_Word then = asked[i];

		UNTIL(asked[i] > then + 10);	/* all still go on */
	}
	for (unsigned int i = 0; i < 2 * PAIRS; i++)
		CHECK_OK(seL4_TCB_Suspend(threads[i].tcb));
	/* A call that was interrupted while it waited for its reply is made again. */
	CHECK(served[2] >= asked[2] && served[2] <= asked[2] + 1);
	CHECK(served[0] >= asked[0] && served[1] >= asked[1]);
}

const struct test tests_smp[] = {
	{ "cores_known", cores_known },
	{ "all_at_once", all_at_once },
	{ "turns_on_each_core", turns_on_each_core },
	{ "call_and_reply", call_and_reply },
	{ "signals_in_a_ring", signals_in_a_ring },
	{ "stop_a_running_thread", stop_a_running_thread },
	{ "stop_a_calling_thread", stop_a_calling_thread },
	{ "move_a_running_thread", move_a_running_thread },
	{ "priorities_per_core", priorities_per_core },
	{ "unmap_what_is_used", unmap_what_is_used },
	{ "delete_the_space_of_a_running_thread", delete_the_space_of_a_running_thread },
	{ "simd_moves", simd_moves },
	{ "private_interrupts", private_interrupts },
	{ "timer_of_another_core", timer_of_another_core },
	{ "shared_interrupt", shared_interrupt },
	{ "random_steps", random_steps },
	{ 0 },
};
