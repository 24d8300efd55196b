/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long the kernel keeps an interrupt waiting: during each long operation the timer fires, a
 * little later each time, and a thread of higher priority notes how late it runs.
 */
#include "kernel.h"

#define SAMPLES		40u
#define LOW		100
#define HIGH		200
#define LOWEST		50
#define WAITERS		200u
#define CHILDREN	1000u
#define PAGE_BITS	21
#define SPARE_IRQ	100
#define PAGES_AT	0x50000000ul

extern char lone_trap[];

static seL4_CPtr endpoint_slot, badged_slot, other_slot, node, big, space, page, pool_untyped, spare_handler;
static seL4_CPtr tcbs[WAITERS];
static volatile seL4_Word deadline, worst, fired;

static void arm(seL4_Word at)
{
	fired = 0;
	deadline = at;
	__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb" : :
			 "r"(at), "r"(1ul));
}

static void on_timer(seL4_Word handler)
{
	for (;;) {
		seL4_Word late;

		trap(SEL4_SYS_RECV, clock_notification, 0);
		late = now() - deadline;
		if (late > worst)
			worst = late;
		fired = 1;
		__asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb");
		trap(SEL4_SYS_CALL, handler, (seL4_Word)IRQAckIRQ << SEL4_MSG_LABEL_SHIFT);
	}
}

static void set_priority(seL4_Word priority)
{
	seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, priority);
}

/* The waiters run until all of them wait. */
static void settle(void)
{
	set_priority(1);
	set_priority(LOW);
}

static void sweep(const char *name, void (*prepare)(void), void (*run)(void))
{
	seL4_Word start, length;

	prepare();
	start = now();
	run();
	length = now() - start;
	worst = 0;
	for (unsigned int i = 0; i < SAMPLES; i++) {
		prepare();
		arm(now() + 4 + length * i / SAMPLES);
		run();
		while (!fired)
			;
	}
	report(name, worst, 1);
}

/* Nothing: what an interrupt costs anyway. */
static void nothing(void)
{
	for (volatile unsigned int i = 0; i < 1000; i++)
		;
}

static void prepare_children(void)
{
	for (unsigned int i = 0; i < CHILDREN; i++)
		seL4_CNode_Copy(node, i, 10, ROOT_CNODE, other_slot, 64, seL4_AllRights);
}

static void revoke_children(void)
{
	seL4_CNode_Revoke(ROOT_CNODE, other_slot, 64);
}

static seL4_Error retype_many(seL4_Word type, seL4_Word bits)
{
	return seL4_Untyped_Retype(big, type, bits, ROOT_CNODE, node, 64, 0, 256);
}

static void revoke_big(void)
{
	seL4_CNode_Revoke(ROOT_CNODE, big, 64);
}

static void use_big(void)
{
	revoke_big();
	retype_many(seL4_ARM_SmallPageObject, 0);
	revoke_big();
}

static void reset_big(void)
{
	seL4_Untyped_Retype(big, seL4_EndpointObject, 0, ROOT_CNODE, node, 64, 0, 1);
}

/* Already reset: only the objects are made. */
static void prepare_retype(void)
{
	revoke_big();
	reset_big();
}

static seL4_Word many_type, many_bits;

static void retype_rest(void)
{
	seL4_Untyped_Retype(big, many_type, many_bits, ROOT_CNODE, node, 64, 1, 255);
}

static void prepare_full_node(void)
{
	revoke_big();
	retype_many(many_type, many_bits);
}

static void start_waiters(seL4_Word call, seL4_Word spread)
{
	for (unsigned int i = 0; i < WAITERS; i++) {
		seL4_UserContext context = {
			.pc = (seL4_Word)lone_trap, .x7 = call,
			.x0 = i % spread ? badged_slot : endpoint_slot,
		};

		seL4_TCB_WriteRegisters(tcbs[i], true, 0, SEL4_TCB_REGISTERS, &context);
	}
	settle();
}

static void prepare_endpoint(void)
{
	seL4_CNode_Delete(ROOT_CNODE, endpoint_slot, 64);
	seL4_Untyped_Retype(sandbox, seL4_EndpointObject, 0, ROOT_CNODE, 0, 0, endpoint_slot, 1);
	start_waiters((seL4_Word)SEL4_SYS_RECV, 1);
}

static void delete_endpoint(void)
{
	seL4_CNode_Delete(ROOT_CNODE, endpoint_slot, 64);
}

static void prepare_senders(void)
{
	seL4_CNode_Delete(ROOT_CNODE, badged_slot, 64);
	seL4_CNode_Delete(ROOT_CNODE, endpoint_slot, 64);
	seL4_Untyped_Retype(sandbox, seL4_EndpointObject, 0, ROOT_CNODE, 0, 0, endpoint_slot, 1);
	seL4_CNode_Mint(ROOT_CNODE, badged_slot, 64, ROOT_CNODE, endpoint_slot, 64,
			seL4_AllRights, 7);
	start_waiters((seL4_Word)SEL4_SYS_CALL, 2);
}

/* The last cap of the notification is the one that an interrupt signals. */
static void prepare_handler(void)
{
	seL4_CNode_Delete(ROOT_CNODE, endpoint_slot, 64);
	seL4_Untyped_Retype(sandbox, seL4_NotificationObject, 0, ROOT_CNODE, 0, 0, endpoint_slot, 1);
	start_waiters((seL4_Word)SEL4_SYS_RECV, 1);
	seL4_IRQHandler_SetNotification(spare_handler, endpoint_slot);
	seL4_CNode_Delete(ROOT_CNODE, endpoint_slot, 64);
}

static void clear_handler(void)
{
	seL4_IRQHandler_Clear(spare_handler);
}

static void cancel_senders(void)
{
	seL4_CNode_CancelBadgedSends(ROOT_CNODE, badged_slot, 64);
}

static void clean_page(void)
{
	seL4_ARM_Page_CleanInvalidate_Data(page, 0, 1ul << PAGE_BITS);
}

static void unify_page(void)
{
	seL4_ARM_Page_Unify_Instruction(page, 0, 1ul << PAGE_BITS);
}

/* A pool with as many spaces as there are slots for; its end takes them all away. */
static void prepare_pool(void)
{
	revoke_big();
	seL4_CNode_Delete(ROOT_CNODE, space, 64);
	seL4_CNode_Revoke(ROOT_CNODE, pool_untyped, 64);
	seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, pool_untyped, ROOT_CNODE, space, 64);
	retype_many(seL4_ARM_VSpaceObject, 0);
	for (unsigned int i = 0; i < 200; i++) {
		seL4_CNode_Move(ROOT_CNODE, other_slot + 1, 64, node, i, 10);
		seL4_ARM_ASIDPool_Assign(space, other_slot + 1);
		seL4_CNode_Move(node, i, 10, ROOT_CNODE, other_slot + 1, 64);
	}
}

static void delete_pool(void)
{
	seL4_CNode_Delete(ROOT_CNODE, space, 64);
}

static void make_waiters(void)
{
	for (unsigned int i = 0; i < WAITERS; i++) {
		tcbs[i] = object_new(seL4_TCBObject, 0);
		seL4_TCB_Configure(tcbs[i], 0, ROOT_CNODE, 0, ROOT_SPACE, 0, 0, 0);
		seL4_TCB_SetPriority(tcbs[i], seL4_CapInitThreadTCB, LOWEST);
	}
}

static void make_objects(void)
{
	node = object_new(seL4_CapTableObject, 10);
	big = object_new(seL4_UntypedObject, 22);
	pool_untyped = object_new(seL4_UntypedObject, 12);
	page = object_new(seL4_ARM_LargePageObject, 0);
	space_map(ROOT_SPACE, page, PAGES_AT, seL4_ReadWrite, seL4_ARM_Default_VMAttributes);
	endpoint_slot = slot_new();
	badged_slot = slot_new();
	space = slot_new();
	spare_handler = slot_new();
	CHECK(seL4_IRQControl_Get(seL4_CapIRQControl, SPARE_IRQ, ROOT_CNODE, spare_handler, 64) == 0);
	other_slot = object_new(seL4_EndpointObject, 0);
	(void)slot_new();
}

static void many(const char *retype_name, const char *delete_name, seL4_Word type, seL4_Word bits)
{
	many_type = type;
	many_bits = bits;
	sweep(retype_name, prepare_retype, retype_rest);
	sweep(delete_name, prepare_full_node, revoke_big);
}

void bench_latency(void)
{
	struct thread thread;

	make_objects();
	make_waiters();
	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	CHECK(thread_start(&thread, on_timer, clock_handler, HIGH));
	set_priority(LOW);
	sweep("masked-nothing", nothing, nothing);
	sweep("masked-revoke-1000", prepare_children, revoke_children);
	sweep("masked-reset-4-mib", use_big, reset_big);
	many("masked-retype-255-frames", "masked-revoke-frames", seL4_ARM_SmallPageObject, 0);
	many("masked-retype-255-threads", "masked-revoke-threads", seL4_TCBObject, 0);
	many("masked-retype-255-tables", "masked-revoke-tables", seL4_ARM_PageTableObject, 0);
	many("masked-retype-255-cnodes", "masked-revoke-cnodes", seL4_CapTableObject, 8);
	sweep("masked-delete-endpoint", prepare_endpoint, delete_endpoint);
	sweep("masked-cancel-sends", prepare_senders, cancel_senders);
	sweep("masked-clear-handler", prepare_handler, clear_handler);
	sweep("masked-clean-2-mib", nothing, clean_page);
	sweep("masked-unify-2-mib", nothing, unify_page);
	sweep("masked-delete-asid-pool", prepare_pool, delete_pool);
}
