/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's benchmark: a root task on the environment of tests/kernel. */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include "../tests/kernel/root/env.h"

/* Prints "bench: NAME TICKS ROUNDS FREQUENCY", numbers in hexadecimal; costs of the clock are off. */
void report(const char *name, seL4_Word ticks, seL4_Word rounds);
/* A varying number of instructions, so that the counter's steps of 16 ns average out. */
void dither(unsigned int i);

/* A system call with nothing around it. */
struct words {
	seL4_Word badge, info;
};

static inline struct words trap(long nr, seL4_Word cptr, seL4_Word info)
{
	register seL4_Word x0 __asm__("x0") = cptr;
	register seL4_Word x1 __asm__("x1") = info;
	register seL4_Word x7 __asm__("x7") = (seL4_Word)nr;

	__asm__ volatile("svc #0" : "+r"(x0), "+r"(x1) : "r"(x7) : "x2", "x3", "x4", "x5", "memory");
	return (struct words){ x0, x1 };
}

/* The counter without an own barrier: instructions are not reordered under -icount. */
static inline seL4_Word now(void)
{
	seL4_Word ticks;

	__asm__ volatile("mrs %0, cntpct_el0" : "=r"(ticks) : : "memory");
	return ticks;
}

/* Words between threads of this image, in different spaces or not. */
extern volatile seL4_Word stamp[2], passed[2];

void bench_calls(void);
void bench_objects(void);
void bench_latency(void);

#endif
