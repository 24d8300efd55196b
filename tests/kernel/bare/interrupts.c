/* SPDX-License-Identifier: BSD-2-Clause */
/* An interrupt at user level: the EL1 physical timer, which native threads may own. */
#include "root.h"

#define PPI_PHYSICAL_TIMER	30

void test_interrupts(void)
{
	seL4_CPtr irq = root_slot(), ntfn = root_object(seL4_NotificationObject, 0);
	seL4_CPtr badged = root_slot();
	seL4_Word badge, now, then;

	CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, 27, seL4_CapInitThreadCNode, irq, 64),
		    seL4_RevokeFirst);
	CHECK_EQUAL(seL4_IRQControl_Get(seL4_CapIRQControl, PPI_PHYSICAL_TIMER,
					seL4_CapInitThreadCNode, irq, 64), 0);
	CHECK_EQUAL(root_mint(badged, ntfn, 8), 0);
	CHECK_EQUAL(seL4_IRQHandler_SetNotification(irq, badged), 0);
	for (unsigned int i = 0; i < 3; i++) {
		__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(then));
		__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
				 : : "r"(then + 100000), "r"(1UL));
		seL4_Wait(ntfn, &badge);	/* nothing else runs: the kernel idles */
		CHECK_EQUAL(badge, 8);
		__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(now));
		CHECK(now - then >= 100000);
		__asm__ volatile("msr cntp_ctl_el0, %0\n\tisb" : : "r"(0UL));
		CHECK_EQUAL(seL4_IRQHandler_Ack(irq), 0);
	}
	CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, irq, 64), 0);
}
