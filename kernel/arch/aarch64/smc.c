/* SPDX-License-Identifier: BSD-2-Clause */
/* SMC with x0 to x7 (SMC Calling Convention, 2.6). */
#include <kernel/arch.h>

void arch_smc(u64 words[ARCH_SMC_WORDS])
{
	register u64 x0 __asm__("x0") = words[0];
	register u64 x1 __asm__("x1") = words[1];
	register u64 x2 __asm__("x2") = words[2];
	register u64 x3 __asm__("x3") = words[3];
	register u64 x4 __asm__("x4") = words[4];
	register u64 x5 __asm__("x5") = words[5];
	register u64 x6 __asm__("x6") = words[6];
	register u64 x7 __asm__("x7") = words[7];

	__asm__ volatile("smc #0"
		: "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
		: : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	words[0] = x0;
	words[1] = x1;
	words[2] = x2;
	words[3] = x3;
	words[4] = x4;
	words[5] = x5;
	words[6] = x6;
	words[7] = x7;
}
