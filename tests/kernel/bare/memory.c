/* SPDX-License-Identifier: BSD-2-Clause */
/* Mapping, mapping over, revoking what is mapped, resetting under a timer (ABI 2.9, 10.7). */
#include "root.h"

#define AT	(ROOT_PAGES + 0x10000)
#define CNODE	seL4_CapInitThreadCNode
#define SPACE	seL4_CapInitThreadVSpace
#define ATTRS	seL4_ARM_Default_VMAttributes

static seL4_CPtr endpoint, handler;

static void store(seL4_Word address)
{
	*(volatile seL4_Word *)address = 42;
}

/* Does a store at this address fault? */
static bool faults(seL4_Word address)
{
	struct thread thread = root_thread(store, address, 100, handler);
	seL4_Word badge;
	seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge);
	bool fault = seL4_MessageInfo_get_label(info) == seL4_Fault_VMFault;

	if (fault)
		CHECK_EQUAL(seL4_GetMR(1), address);
	else
		CHECK_EQUAL(seL4_GetMR(0), 0xf200003cUL);
	root_destroy(&thread);
	return fault;
}

static seL4_Error map(seL4_CPtr frame, seL4_CapRights_t rights)
{
	return seL4_ARM_Page_Map(frame, SPACE, AT, rights, ATTRS);
}

static void mapping_over_another_frame(void)
{
	seL4_CPtr a = root_object(seL4_ARM_SmallPageObject, 0);
	seL4_CPtr b = root_object(seL4_ARM_SmallPageObject, 0);
	volatile seL4_Word *at = (volatile seL4_Word *)AT;

	CHECK_EQUAL(map(a, seL4_ReadWrite), 0);
	CHECK_EQUAL(*at, 0);
	*at = 1;
	CHECK_EQUAL(map(b, seL4_ReadWrite), 0);		/* no error, and seen at once */
	CHECK_EQUAL(*at, 0);
	*at = 2;
	CHECK_EQUAL(seL4_ARM_Page_Unmap(a), 0);		/* leaves b's mapping alone */
	CHECK_EQUAL(*at, 2);
	CHECK_EQUAL(map(b, seL4_CanRead), 0);
	CHECK(faults(AT));
	CHECK_EQUAL(seL4_ARM_Page_Map(b, SPACE, AT + 0x1000, seL4_ReadWrite, ATTRS),
		    seL4_InvalidArgument);
	CHECK_EQUAL(seL4_ARM_Page_Unmap(b), 0);
	CHECK(faults(AT));
	CHECK_EQUAL(map(a, seL4_ReadWrite), 0);
	CHECK_EQUAL(*at, 1);
	CHECK_EQUAL(seL4_CNode_Delete(CNODE, a, 64), 0);	/* unmaps */
	CHECK(faults(AT));
}

static void revoking_what_is_mapped(void)
{
	seL4_CPtr untyped = root_object(seL4_UntypedObject, 16);
	seL4_CPtr frame = root_slot();

	CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, CNODE, 0, 0, frame, 1),
		    0);
	CHECK_EQUAL(map(frame, seL4_ReadWrite), 0);
	CHECK(!faults(AT));
	CHECK_EQUAL(*(volatile seL4_Word *)AT, 42);
	CHECK_EQUAL(seL4_CNode_Revoke(CNODE, untyped, 64), 0);
	CHECK(faults(AT));
	CHECK(root_slot_is_empty(frame));
	/* The memory comes back zero. */
	CHECK_EQUAL(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, CNODE, 0, 0, frame, 1),
		    0);
	CHECK_EQUAL(map(frame, seL4_ReadWrite), 0);
	CHECK_EQUAL(*(volatile seL4_Word *)AT, 0);
	CHECK_EQUAL(seL4_CNode_Delete(CNODE, frame, 64), 0);
}

static void lookup_failures(void)
{
	seL4_CPtr small = root_object(seL4_ARM_SmallPageObject, 0);
	seL4_CPtr large = root_object(seL4_ARM_LargePageObject, 0);

	CHECK_EQUAL(seL4_ARM_Page_Map(small, SPACE, 1UL << 40, seL4_ReadWrite, ATTRS),
		    seL4_FailedLookup);
	CHECK_EQUAL(seL4_GetMR(1), seL4_MissingCapability);
	CHECK_EQUAL(seL4_GetMR(2), 39);
	CHECK_EQUAL(seL4_ARM_Page_Map(small, SPACE, ROOT_PAGES + 0x40000000, seL4_ReadWrite, ATTRS),
		    seL4_FailedLookup);
	CHECK_EQUAL(seL4_GetMR(2), 30);
	CHECK_EQUAL(seL4_ARM_Page_Map(small, SPACE, ROOT_PAGES + 0x200000, seL4_ReadWrite, ATTRS),
		    seL4_FailedLookup);
	CHECK_EQUAL(seL4_GetMR(2), 21);
	CHECK_EQUAL(seL4_ARM_Page_Map(large, SPACE, ROOT_PAGES, seL4_ReadWrite, ATTRS),
		    seL4_FailedLookup);
	CHECK_EQUAL(seL4_GetMR(2), 12);
	CHECK_EQUAL(seL4_ARM_Page_Map(large, SPACE, ROOT_PAGES + 0x200000, seL4_ReadWrite, ATTRS), 0);
	*(volatile seL4_Word *)(ROOT_PAGES + 0x3ffff8) = 5;
	CHECK_EQUAL(seL4_ARM_Page_Map(small, SPACE, ROOT_PAGES + 0x200000, seL4_ReadWrite, ATTRS),
		    seL4_FailedLookup);
	CHECK_EQUAL(seL4_GetMR(2), 21);
	CHECK_EQUAL(seL4_ARM_Page_Map(small, SPACE, SEL4_USER_TOP - 0xfff, seL4_ReadWrite, ATTRS),
		    seL4_FailedLookup);
	CHECK_EQUAL(seL4_ARM_Page_Map(small, SPACE, SEL4_USER_TOP + 1, seL4_ReadWrite, ATTRS),
		    seL4_InvalidArgument);
	CHECK_EQUAL(seL4_ARM_Page_Map(small, SPACE, 1, seL4_ReadWrite, ATTRS), seL4_AlignmentError);
	CHECK_EQUAL(seL4_CNode_Delete(CNODE, large, 64), 0);
}

static volatile seL4_Word ticks;

static void count(seL4_Word unused)
{
	for (;;)
		ticks++;
}

/* A reset of 16 MiB takes longer than a time slice: a thread of the root's priority runs meanwhile. */
static void preempted_reset(void)
{
	struct thread thread = root_thread(count, 0, 255, 0);
	seL4_CPtr frame = root_slot();
	unsigned int resets = 0;

	for (seL4_Word i = 0; i < root_info->untyped.end - root_info->untyped.start; i++) {
		const seL4_UntypedDesc *at = &root_info->untypedList[i];

		if (at->isDevice || at->sizeBits < 25 || root_info->untyped.start + i == root_memory)
			continue;
		CHECK_EQUAL(seL4_Untyped_Retype(root_info->untyped.start + i,
						seL4_ARM_SmallPageObject, 0, CNODE, 0, 0, frame, 1), 0);
		CHECK_EQUAL(seL4_CNode_Delete(CNODE, frame, 64), 0);
		resets++;
	}
	root_print("%u resets, %u turns of another thread\n", (seL4_Word)resets, ticks);
	CHECK(ticks || !resets);
	root_destroy(&thread);
}

void test_memory(void)
{
	endpoint = root_object(seL4_EndpointObject, 0);
	handler = root_slot();
	CHECK_EQUAL(root_mint(handler, endpoint, 1), 0);
	mapping_over_another_frame();
	revoking_what_is_mapped();
	lookup_failures();
	preempted_reset();
}
