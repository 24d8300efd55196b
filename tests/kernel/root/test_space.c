/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: mapping, faults, stale caps, VMIDs (ABI 2.5, 2.9, 6.1 to 6.5). */
#include "env.h"

#define FAR_AWAY	0x7000000000ul	/* nothing is mapped near it */

static volatile seL4_Word *word_at(seL4_Word address)
{
	return (volatile seL4_Word *)address;
}

static seL4_Error map(seL4_CPtr frame, seL4_Word at)
{
	return seL4_ARM_Page_Map(frame, ROOT_SPACE, at, seL4_ReadWrite, seL4_ARM_Default_VMAttributes);
}

/* Between the root and a page: 3, or 2 with a CPU of 40-bit addresses. This image needs one each. */
static unsigned int tables(void)
{
	return (unsigned int)(boot->userImagePaging.end - boot->userImagePaging.start);
}

static void missing_tables(void)
{
	static const seL4_Word all[] = { 39, 30, 21 };
	const seL4_Word *left = all + 3 - tables();
	seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);
	seL4_CPtr space = space_new();

	for (unsigned int i = 0; i < tables(); i++) {
		CHECK_IS(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3),
			 seL4_FailedLookup);
		CHECK_IS(seL4_GetMR(0), 0);
		CHECK_IS(seL4_GetMR(1), seL4_MissingCapability);
		CHECK_IS(seL4_GetMR(2), left[i]);
		CHECK_OK(seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), space,
						FAR_AWAY, 3));
	}
	CHECK_OK(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3));
	CHECK_IS(seL4_ARM_PageTable_Map(object_new(seL4_ARM_PageTableObject, 0), space, FAR_AWAY, 3),
		 seL4_DeleteFirst);
}

static void map_errors(void)
{
	seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);
	seL4_CPtr large = object_new(seL4_ARM_LargePageObject, 0);
	seL4_CPtr space = space_new(), raw = object_new(seL4_ARM_VSpaceObject, 0);

	CHECK_IS(seL4_ARM_Page_Map(frame, raw, SCRATCH, seL4_ReadWrite, 3), seL4_InvalidCapability);
	CHECK_IS(seL4_GetMR(0), 1);
	CHECK_IS(map(frame, SCRATCH + 8), seL4_AlignmentError);
	CHECK_IS(map(frame, 1ul << 44), seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 0);
	CHECK_OK(space_map(ROOT_SPACE, frame, SCRATCH, seL4_ReadWrite, 3));
	CHECK_IS(map(frame, SCRATCH + PAGE), seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 0);
	CHECK_IS(seL4_ARM_Page_Map(frame, space, SCRATCH, seL4_ReadWrite, 3),
		 seL4_InvalidCapability);
	CHECK_IS(map(large, SCRATCH), seL4_FailedLookup);	/* a table hangs there */
	CHECK_IS(seL4_GetMR(2), 12);
	CHECK_OK(map(large, SCRATCH + (2ul << 20)));
	CHECK_IS(map(object_new(seL4_ARM_SmallPageObject, 0), SCRATCH + (2ul << 20)),
		 seL4_FailedLookup);
	CHECK_IS(seL4_GetMR(2), 21);
	*word_at(SCRATCH + (4ul << 20) - 8) = 5;
	CHECK_OK(seL4_ARM_Page_Unmap(large));
	CHECK_OK(seL4_ARM_Page_Unmap(large));
}

static void fresh_memory_is_zero(void)
{
	seL4_CPtr untyped = object_new(seL4_UntypedObject, 14), frame = slot_new();

	for (unsigned int round = 0; round < 3; round++) {
		CHECK_OK(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, 0, 0,
					     frame, 1));
		CHECK_OK(space_map(ROOT_SPACE, frame, SCRATCH, seL4_ReadWrite, 3));
		for (seL4_Word i = 0; i < PAGE; i += 8) {
			CHECK_IS(*word_at(SCRATCH + i), 0);
			*word_at(SCRATCH + i) = ~i;
		}
		CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, 64));
	}
}

/* A mapped leaf of another frame is overwritten; its own unmapping leaves the new one alone. */
static void map_over_another_frame(void)
{
	seL4_CPtr first = space_page(ROOT_SPACE, SCRATCH);
	seL4_CPtr second = object_new(seL4_ARM_SmallPageObject, 0);

	*word_at(SCRATCH) = 1;
	CHECK_OK(map(second, SCRATCH));
	CHECK_IS(*word_at(SCRATCH), 0);
	*word_at(SCRATCH) = 2;
	CHECK_OK(seL4_ARM_Page_Unmap(first));
	CHECK_IS(*word_at(SCRATCH), 2);
	CHECK_OK(map(first, SCRATCH));
	CHECK_IS(*word_at(SCRATCH), 1);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, second, 64));
	CHECK_IS(*word_at(SCRATCH), 1);
}

static void touch(seL4_Word address)
{
	for (;;)
		++*word_at(address);
}

/* A thread in a space of its own faults, the page is given, it goes on. */
static void fault_and_map(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), space = space_twin();
	seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0), here = cap_copy(frame);
	struct message m;
	struct thread thread;

	CHECK_OK(space_map(ROOT_SPACE, here, SCRATCH, seL4_ReadWrite, 3));
	CHECK(thread_new(&thread, space, cap_badge(endpoint, 77)));
	CHECK(thread_start(&thread, touch, FAR_AWAY + 24, 10));
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(m.length, 4);
	CHECK_IS(m.badge, 77);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), FAR_AWAY + 24);
	CHECK_IS(seL4_GetMR(seL4_VMFault_PrefetchFault), 0);
	CHECK_IS(seL4_GetMR(seL4_VMFault_FSR) >> 26, 0x24);
	CHECK_OK(space_map(space, frame, FAR_AWAY, seL4_ReadWrite, 3));
	message_reply(0);
	CHECK(clock_open());
	clock_sleep(20);
	CHECK(*word_at(SCRATCH + 24) > 0);
	/* Read-only now, while it runs. */
	CHECK_OK(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_CanRead, 3));
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_FSR) & 0x7f, 0x40 | 0xf);	/* write, permission, level 3 */
	CHECK_OK(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3));
	message_reply(0);
	clock_sleep(5);
	/* And gone. */
	CHECK_OK(seL4_ARM_Page_Unmap(frame));
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_FSR) & 0x3f, 7);		/* translation, level 3 */
}

/* The memory of a frame is taken back while a thread uses it, then its whole space. */
static void revoke_live_mappings(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), space = space_twin();
	seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), frame = slot_new();
	seL4_CPtr other = object_new(seL4_UntypedObject, 12);
	struct message m;
	struct thread thread;

	CHECK_OK(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, 0, 0, frame, 1));
	CHECK_OK(space_map(space, frame, FAR_AWAY, seL4_ReadWrite, 3));
	CHECK(thread_new(&thread, space, endpoint));
	CHECK(thread_start(&thread, touch, FAR_AWAY, 10));
	CHECK(clock_open());
	clock_sleep(10);
	CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, 64));
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), FAR_AWAY);
	CHECK_OK(seL4_Untyped_Retype(other, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, 0, 0, frame, 1));
	CHECK_OK(space_map(space, frame, FAR_AWAY, seL4_ReadWrite, 3));
	message_reply(0);
	clock_sleep(10);
	/* The thread's own copy of the space goes first. */
	CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, space, 64));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, space, 64));
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	message_reply(0);
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VMFault);	/* nowhere to run */
	/* The frame's mapping is stale: unmapping does nothing, then it can be used again. */
	CHECK_IS(seL4_ARM_Page_Map(frame, ROOT_SPACE, SCRATCH, seL4_ReadWrite, 3),
		 seL4_InvalidCapability);
	CHECK_OK(seL4_ARM_Page_Unmap(frame));
	CHECK_OK(space_map(ROOT_SPACE, frame, SCRATCH, seL4_ReadWrite, 3));
	CHECK(*word_at(SCRATCH) > 0);
}

static void jump(seL4_Word address)
{
	((void (*)(void))address)();
}

static void execute_never(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), frame = space_page(ROOT_SPACE, SCRATCH);
	struct message m;
	struct thread thread;

	*(volatile uint32_t *)SCRATCH = 0xd4200540;	/* brk #42 */
	CHECK_OK(seL4_ARM_Page_Unify_Instruction(frame, 0, PAGE));
	CHECK_OK(seL4_ARM_Page_Map(frame, ROOT_SPACE, SCRATCH, seL4_ReadWrite,
				   seL4_ARM_PageCacheable | seL4_ARM_ExecuteNever));
	CHECK(thread_new(&thread, ROOT_SPACE, endpoint));
	CHECK(thread_start(&thread, jump, SCRATCH, 10));
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_IP), SCRATCH);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), SCRATCH);
	CHECK_IS(seL4_GetMR(seL4_VMFault_PrefetchFault), 1);
	CHECK_OK(seL4_ARM_Page_Map(frame, ROOT_SPACE, SCRATCH, seL4_ReadWrite, 3));
	message_reply(0);
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0), 0xf200002a);		/* the BRK */
}

static void table_unmap(void)
{
	unsigned int last = tables() - 1;
	seL4_CPtr table[3], copy, frame = object_new(seL4_ARM_SmallPageObject, 0);
	seL4_CPtr space = space_new();

	for (unsigned int i = 0; i <= last; i++) {
		table[i] = object_new(seL4_ARM_PageTableObject, 0);
		CHECK_OK(seL4_ARM_PageTable_Map(table[i], space, FAR_AWAY, 3));
	}
	CHECK_IS(seL4_ARM_PageTable_Map(table[0], space, 0, 3), seL4_InvalidCapability);
	CHECK_IS(seL4_GetMR(0), 0);
	CHECK_OK(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3));
	copy = cap_copy(table[last]);
	CHECK_IS(seL4_ARM_PageTable_Unmap(table[last]), seL4_RevokeFirst);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, copy, 64));
	CHECK_OK(seL4_ARM_PageTable_Unmap(table[last]));
	CHECK_OK(seL4_ARM_PageTable_Unmap(table[last]));
	CHECK_OK(seL4_ARM_Page_Unmap(frame));
	CHECK_IS(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3), seL4_FailedLookup);
	CHECK_IS(seL4_GetMR(2), 21);
	CHECK_OK(seL4_ARM_PageTable_Map(table[last], space, FAR_AWAY, 3));
	CHECK_OK(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, table[0], 64));
	CHECK_OK(seL4_ARM_Page_Unmap(frame));
	CHECK_IS(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3), seL4_FailedLookup);
	CHECK_IS(seL4_GetMR(2), last == 2 ? 39 : 30);
}

/* More spaces than VMIDs, each with another word at the same address, three times round. */
extern char lone_page[], __image_start[];
#define SPACES	260

static void vmids_run_out(void)
{
	static seL4_CPtr spaces[SPACES];
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_CPtr code = boot->userImageFrames.start +
			 ((seL4_Word)lone_page - (seL4_Word)__image_start) / PAGE;
	seL4_UserContext context = { .pc = FAR_AWAY, .x0 = FAR_AWAY + PAGE, .x19 = endpoint };
	struct thread thread;

	for (unsigned int i = 0; i < SPACES; i++) {
		seL4_CPtr data = object_new(seL4_ARM_SmallPageObject, 0), here = cap_copy(data);

		spaces[i] = space_new();
		CHECK_OK(space_map(spaces[i], cap_copy(code), FAR_AWAY, seL4_CanRead, 3));
		CHECK_OK(space_map(spaces[i], data, FAR_AWAY + PAGE, seL4_ReadWrite, 3));
		CHECK_OK(space_map(ROOT_SPACE, here, SCRATCH, seL4_ReadWrite, 3));
		*word_at(SCRATCH) = 0x1000 + i;
		CHECK_OK(seL4_ARM_Page_Unmap(here));
	}
	CHECK(thread_new(&thread, ROOT_SPACE, endpoint));
	CHECK_OK(seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, 10));
	for (unsigned int i = 0; i < 3 * SPACES; i++) {
		CHECK_OK(seL4_TCB_SetSpace(thread.tcb, endpoint, ROOT_CNODE, 0, spaces[i % SPACES], 0));
		CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, true, 0, SEL4_TCB_REGISTERS, &context));
		CHECK_IS(message_wait(endpoint).label, 0);
		CHECK_IS(seL4_GetMR(0), 0x1000 + i % SPACES);
		CHECK_OK(seL4_TCB_Suspend(thread.tcb));
	}
}

static void asid_pool(void)
{
	seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), pool = slot_new();
	seL4_CPtr space = object_new(seL4_ARM_VSpaceObject, 0), frame;

	CHECK_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT_CNODE, pool, 64));
	CHECK_IS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT_CNODE,
					       slot_new(), 64), seL4_RevokeFirst);
	CHECK_IS(seL4_ARM_ASIDPool_Assign(pool, pool), seL4_InvalidCapability);
	CHECK_IS(seL4_GetMR(0), 1);
	CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, space));
	CHECK_IS(seL4_ARM_ASIDPool_Assign(pool, space), seL4_InvalidCapability);
	frame = space_page(space, FAR_AWAY);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, pool, 64));
	CHECK_OK(seL4_ARM_Page_Unmap(frame));
	CHECK_IS(seL4_ARM_Page_Map(frame, space, FAR_AWAY, seL4_ReadWrite, 3), seL4_FailedLookup);
	CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, 64));
	for (unsigned int i = 0; i < 512; i++) {
		if (i == 0)
			CHECK_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT_CNODE,
							       pool, 64));
		CHECK_OK(seL4_ARM_ASIDPool_Assign(pool, object_new(seL4_ARM_VSpaceObject, 0)));
	}
	CHECK_IS(seL4_ARM_ASIDPool_Assign(pool, object_new(seL4_ARM_VSpaceObject, 0)),
		 seL4_DeleteFirst);
}

static void cache_operations(void)
{
	seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);

	CHECK_IS(seL4_ARM_Page_Clean_Data(frame, 0, 64), seL4_IllegalOperation);
	CHECK_OK(space_map(ROOT_SPACE, frame, SCRATCH, seL4_ReadWrite, 3));
	*word_at(SCRATCH) = 9;
	CHECK_OK(seL4_ARM_Page_Clean_Data(frame, 0, PAGE));
	CHECK_OK(seL4_ARM_Page_CleanInvalidate_Data(frame, 8, 100));
	CHECK_IS(seL4_ARM_Page_Clean_Data(frame, 8, 8), seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 1);
	CHECK_IS(seL4_ARM_Page_Clean_Data(frame, 8, PAGE + 1), seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 0);
	CHECK_OK(seL4_ARM_VSpace_Clean_Data(ROOT_SPACE, SCRATCH, SCRATCH + 64));
	CHECK_OK(seL4_ARM_VSpace_Unify_Instruction(ROOT_SPACE, SCRATCH, SCRATCH + PAGE));
	CHECK_IS(seL4_ARM_VSpace_Clean_Data(ROOT_SPACE, SCRATCH, SCRATCH + PAGE + 1),
		 seL4_RangeError);
	CHECK_IS(*word_at(SCRATCH), 9);
	CHECK_IS(seL4_ARM_VSpace_Clean_Data(ROOT_SPACE, 8, 8), seL4_InvalidArgument);
	CHECK_IS(seL4_ARM_VSpace_Clean_Data(ROOT_SPACE, 8, 1ul << 45), seL4_IllegalOperation);
}

const struct test tests_space[] = {
	{ "missing_tables", missing_tables },
	{ "map_errors", map_errors },
	{ "fresh_memory_is_zero", fresh_memory_is_zero },
	{ "map_over_another_frame", map_over_another_frame },
	{ "fault_and_map", fault_and_map },
	{ "revoke_live_mappings", revoke_live_mappings },
	{ "execute_never", execute_never },
	{ "table_unmap", table_unmap },
	{ "vmids_run_out", vmids_run_out },
	{ "asid_pool", asid_pool },
	{ "cache_operations", cache_operations },
	{ 0 },
};
