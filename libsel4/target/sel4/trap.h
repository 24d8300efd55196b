/* SPDX-License-Identifier: BSD-2-Clause */
/* ABI 1.1: the trap itself. A host test takes libsel4/fake/sel4/trap.h in its place. */
#ifndef SEL4_TRAP_H
#define SEL4_TRAP_H

#include <sel4/types.h>

/* What a system call takes and leaves in x0, x1 and x2 to x5. */
struct sel4_trap {
	seL4_Word x0;
	seL4_Word info;
	seL4_Word mr[SEL4_MSG_REGISTERS];
};

static inline void sel4_trap(long number, struct sel4_trap *trap)
{
	register seL4_Word x0 __asm__("x0") = trap->x0;
	register seL4_Word x1 __asm__("x1") = trap->info;
	register seL4_Word x2 __asm__("x2") = trap->mr[0];
	register seL4_Word x3 __asm__("x3") = trap->mr[1];
	register seL4_Word x4 __asm__("x4") = trap->mr[2];
	register seL4_Word x5 __asm__("x5") = trap->mr[3];
	register long x7 __asm__("x7") = number;

	__asm__ volatile("svc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5)
			 : "r"(x7)
			 : "memory");
	*trap = (struct sel4_trap){x0, x1, {x2, x3, x4, x5}};
}

#endif
