/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap for host tests: a function in fake.c instead of an instruction. Put
 * libsel4/fake before libsel4/include on the include path, without
 * libsel4/target. See fake.h for how a test answers the calls.
 */
#ifndef SEL4_TRAP_H
#define SEL4_TRAP_H

#include <sel4/types.h>

struct sel4_trap {
	seL4_Word x0;
	seL4_Word info;
	seL4_Word mr[SEL4_MSG_REGISTERS];
};

void sel4_trap(long number, struct sel4_trap *trap);

#endif
