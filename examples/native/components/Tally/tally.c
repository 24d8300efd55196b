/* SPDX-License-Identifier: BSD-2-Clause */
/* Two interfaces, two threads, one count; run() waits for both clients. */
#include <camkes.h>
#include <stdio.h>

static int count;

static void add(int n)
{
	guard_lock();
	int before = count;

	seL4_Yield();		/* invites the other thread in between */
	count = before + n;
	guard_unlock();
	if (n == 0)
		arrived_post();
}

static int get(void)
{
	int n;

	guard_lock();
	n = count;
	guard_unlock();
	return n;
}

void left_add(int n)
{
	add(n);
}

int left_get(void)
{
	gate_wait();
	gate_post();
	return get();
}

void right_add(int n)
{
	add(n);
}

int right_get(void)
{
	gate_wait();
	gate_post();
	return get();
}

/* Before any client is served: nothing can have been posted yet. */
void post_init(void)
{
	bool closed = gate_trywait() != 0 && arrived_trywait() != 0 && guard_unlock() != 0;

	printf("locks at the start: %s\n", closed ? "good" : "BAD");
}

int run(void)
{
	arrived_wait();
	arrived_wait();
	printf("both have come\n");
	gate_post();
	gate_post();		/* a binary semaphore: this one changes nothing */
	return 0;
}
