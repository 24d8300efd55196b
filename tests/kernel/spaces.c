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

void test_spaces(void)
{
	pools();
	deleted_space();
}
