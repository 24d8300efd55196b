/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of roottask-audit.elf, for a test on a debug kernel: what is left
 * in the capability space, slot by slot, and whether the store can be reached.
 */
#include <stdio.h>
#include "console.h"
#include "roottask.h"

enum { CAP_NONE = 0, CAP_FRAME = 1, CAP_PAGE_TABLE = 3, CAP_THREAD = 12 };	/* ABI 3.2 */

void stop(void)
{
	unsigned int frames = 0, tables = 0, threads = 0, others = 0;
	char line[96];

	for (seL4_Word slot = 0; slot < 1u << SEL4_ROOT_CNODE_RADIX; slot++) {
		switch (seL4_DebugCapIdentify(slot)) {
		case CAP_NONE:
			break;
		case CAP_FRAME:
			frames++;
			break;
		case CAP_PAGE_TABLE:
			tables++;
			break;
		case CAP_THREAD:
			threads++;
			break;
		default:
			others++;
		}
	}
	for (seL4_Word slot = 0; slot < 1u << SEL4_ROOT_CNODE_RADIX; slot++)
		others += seL4_DebugCapIdentify(CSPACE_STORE | slot) != CAP_NONE;
	snprintf(line, sizeof(line),
		 "roottask: audit: %u thread, %u frames, %u page tables, %u others\n", threads,
		 frames, tables, others);
	seL4_DebugPutString(line);
	for (;;)
		seL4_TCB_Suspend(seL4_CapInitThreadTCB);
}
