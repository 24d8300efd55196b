/* SPDX-License-Identifier: BSD-2-Clause */
/* What objects cost: retype, map, revoke. */
#include "kernel.h"

#define FRAMES		256u
#define CHILDREN	1000u

static void frames(void)
{
	seL4_CPtr untyped = object_new(seL4_UntypedObject, 21), node = object_new(seL4_CapTableObject, 9);
	seL4_CPtr frame = space_page(ROOT_SPACE, SCRATCH);
	seL4_Word start = now();

	for (unsigned int i = 0; i < FRAMES; i++)
		CHECK_OK(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, node, 64,
					     i, 1));
	report("retype-frame", now() - start, FRAMES);
	start = now();
	for (unsigned int i = 0; i < FRAMES; i++) {
		seL4_ARM_Page_Unmap(frame);
		seL4_ARM_Page_Map(frame, ROOT_SPACE, SCRATCH, seL4_ReadWrite,
				  seL4_ARM_Default_VMAttributes);
	}
	report("unmap-map", now() - start, FRAMES);
	start = now();
	CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, 64));
	report("revoke-256-frames", now() - start, 1);
	start = now();
	CHECK_OK(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT_CNODE, node, 64, 0, 1));
	report("retype-after-reset-2-mib", now() - start, 1);
}

static void children(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_CPtr node = object_new(seL4_CapTableObject, 10);
	seL4_Word start;

	for (unsigned int i = 0; i < CHILDREN; i++)
		CHECK_OK(seL4_CNode_Copy(node, i, 10, ROOT_CNODE, endpoint, 64, seL4_AllRights));
	start = now();
	CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, endpoint, 64));
	report("revoke-1000", now() - start, 1);
}

void bench_objects(void)
{
	frames();
	children();
}
