/* SPDX-License-Identifier: BSD-2-Clause */
/* Time slices, SIMD state per thread, suspend and resume on the machine. */
#include "root.h"

#define SPINNERS	2u

static volatile seL4_Word counts[SPINNERS], wrong;
static seL4_CPtr ntfn;

static void spin(seL4_Word i)
{
	for (;;)
		counts[i]++;
}

/* Fills q7 with its own number, checks that nobody else's gets in. */
static void spin_simd(seL4_Word i)
{
	seL4_Word got;

	__asm__ volatile(".arch_extension simd\n\tdup v7.2d, %0" : : "r"(i + 100));
	for (;;) {
		__asm__ volatile(".arch_extension simd\n\tumov %0, v7.d[1]" : "=r"(got));
		if (got != i + 100)
			wrong++;
		counts[i]++;
	}
}

/* Wakes the root after many ticks: the spinners of higher priority must be stopped for it. */
static void wake(seL4_Word unused)
{
	seL4_Word limit = 20000;

	while (counts[0] < limit || counts[1] < limit)
		seL4_Yield();
	seL4_Signal(ntfn);
	for (;;)
		seL4_Yield();
}

static void share(void (*function)(seL4_Word))
{
	struct thread threads[SPINNERS], waker;
	seL4_Word badge;

	counts[0] = counts[1] = wrong = 0;
	for (seL4_Word i = 0; i < SPINNERS; i++)
		threads[i] = root_thread(function, i, 50, 0);
	waker = root_thread(wake, 0, 50, 0);
	seL4_Wait(ntfn, &badge);
	CHECK(counts[0] && counts[1]);
	CHECK_EQUAL(wrong, 0);
	for (seL4_Word i = 0; i < SPINNERS; i++)
		root_destroy(&threads[i]);
	root_destroy(&waker);
}

static volatile seL4_Word steps;

static void step(seL4_Word unused)
{
	for (;;) {
		steps++;
		seL4_Signal(ntfn);
		seL4_Yield();
	}
}

static void suspend_and_resume(void)
{
	struct thread thread = root_thread(step, 0, 60, 0);
	seL4_Word badge, before;

	seL4_Wait(ntfn, &badge);
	CHECK_EQUAL(seL4_TCB_Suspend(thread.tcb), 0);
	before = steps;
	CHECK_EQUAL(seL4_TCB_Resume(thread.tcb), 0);
	while (steps == before)
		seL4_Wait(ntfn, &badge);
	root_destroy(&thread);
}

void test_scheduling(void)
{
	ntfn = root_object(seL4_NotificationObject, 0);
	share(spin);
	share(spin_simd);
	suspend_and_resume();
}
