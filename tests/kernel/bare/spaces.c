/* SPDX-License-Identifier: BSD-2-Clause */
/* Other address spaces: ASID pools, a thread in a space of its own, the space's end (ABI 6.4). */
#include "root.h"

#define CNODE	seL4_CapInitThreadCNode

static seL4_CPtr map_table(seL4_CPtr space, seL4_Word address)
{
	seL4_CPtr table = root_object(seL4_ARM_PageTableObject, 0);

	CHECK_EQUAL(seL4_ARM_PageTable_Map(table, space, address, seL4_ARM_Default_VMAttributes), 0);
	return table;
}

static void pools(void)
{
	seL4_CPtr untyped = root_object(seL4_UntypedObject, 12), pool = root_slot();
	seL4_CPtr space = root_object(seL4_ARM_VSpaceObject, 0), copy = root_slot();

	CHECK_EQUAL(seL4_CNode_Copy(CNODE, copy, 64, CNODE, space, 64, seL4_AllRights),
		    seL4_IllegalOperation);
	CHECK_EQUAL(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untyped, CNODE, pool, 64), 0);
	CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(pool, space), 0);
	CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(pool, space), seL4_InvalidCapability);
	CHECK_EQUAL(seL4_CNode_Copy(CNODE, copy, 64, CNODE, space, 64, seL4_AllRights), 0);
	for (unsigned int i = 0; i < 3; i++)
		map_table(space, 0x2000);
	CHECK_EQUAL(seL4_ARM_PageTable_Map(root_object(seL4_ARM_PageTableObject, 0), space, 0x2000,
					   0), seL4_DeleteFirst);
	/* The pool goes, and with it the ASID: the space can do nothing any more. */
	CHECK_EQUAL(seL4_CNode_Delete(CNODE, pool, 64), 0);
	CHECK_EQUAL(seL4_ARM_Page_Map(root_object(seL4_ARM_SmallPageObject, 0), space, 0x2000,
				      seL4_ReadWrite, 3), seL4_FailedLookup);
}

/* A thread whose space dies under it: it faults, nothing else happens. */
static void deleted_space(void)
{
	seL4_CPtr endpoint = root_object(seL4_EndpointObject, 0);
	seL4_CPtr space = root_object(seL4_ARM_VSpaceObject, 0);
	struct thread thread = root_thread((void (*)(seL4_Word))thread_exit, 0, 10, endpoint);
	seL4_Word badge;
	seL4_MessageInfo_t info;

	CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space), 0);
	CHECK_EQUAL(seL4_TCB_SetSpace(thread.tcb, endpoint, CNODE, 0, space, 0), 0);
	CHECK_EQUAL(seL4_CNode_Revoke(CNODE, space, 64), 0);
	CHECK_EQUAL(seL4_CNode_Delete(CNODE, space, 64), 0);
	info = seL4_Recv(endpoint, &badge);
	CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
	CHECK_EQUAL(seL4_GetMR(2), 1);
	root_destroy(&thread);
}

#define SPACES		300u	/* more than there are VMIDs */
#define CODE		0x600000UL
#define DATA		0x601000UL

extern const char spaces_probe[];	/* x2 = old contents of [x1], then [x1] = x0, then brk */

static seL4_CPtr spaces[SPACES];

static void make_space(unsigned int i)
{
	seL4_CPtr code = root_slot();
	seL4_Word page = ((seL4_Word)spaces_probe - 0x400000) >> seL4_PageBits;

	spaces[i] = root_object(seL4_ARM_VSpaceObject, 0);
	CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, spaces[i]), 0);
	for (unsigned int level = 0; level < 3; level++)
		map_table(spaces[i], CODE);
	CHECK_EQUAL(seL4_CNode_Copy(CNODE, code, 64, CNODE, root_info->userImageFrames.start + page,
				    64, seL4_AllRights), 0);
	CHECK_EQUAL(seL4_ARM_Page_Map(code, spaces[i], CODE, seL4_CanRead, 3), 0);
	CHECK_EQUAL(seL4_ARM_Page_Map(root_object(seL4_ARM_SmallPageObject, 0), spaces[i], DATA,
				      seL4_ReadWrite, 3), 0);
}

static void probe_space(const struct thread *thread, seL4_CPtr endpoint, unsigned int i,
			seL4_Word value, seL4_Word expected)
{
	seL4_UserContext regs = { .x0 = value, .x1 = DATA, .x2 = 7 };
	seL4_MessageInfo_t info;
	seL4_Word badge;

	regs.pc = CODE + ((seL4_Word)spaces_probe & 0xfff);
	CHECK_EQUAL(seL4_TCB_SetSpace(thread->tcb, endpoint, CNODE, 0, spaces[i], 0), 0);
	CHECK_EQUAL(seL4_TCB_WriteRegisters(thread->tcb, 1, 0, 6, &regs), 0);
	info = seL4_Recv(endpoint, &badge);
	CHECK_EQUAL(seL4_MessageInfo_get_label(info), seL4_Fault_VCPUFault);
	CHECK_EQUAL(seL4_TCB_ReadRegisters(thread->tcb, 1, 0, 6, &regs), 0);
	CHECK_EQUAL(regs.x2, expected);
}

/* Each space has its own page at one address; VMIDs are taken away and given again. */
static void more_spaces_than_vmids(void)
{
	seL4_CPtr endpoint = root_object(seL4_EndpointObject, 0);
	struct thread thread = root_thread((void (*)(seL4_Word))thread_exit, 0, 10, endpoint);

	CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), 0);
	for (unsigned int i = 0; i < SPACES; i++) {
		make_space(i);
		probe_space(&thread, endpoint, i, 1000 + i, 0);
	}
	for (unsigned int i = 0; i < SPACES; i++)
		probe_space(&thread, endpoint, i, 0, 1000 + i);
	root_destroy(&thread);
}

void test_spaces(void)
{
	more_spaces_than_vmids();
	pools();
	deleted_space();
}
