/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's lock between threads, under ThreadSanitizer: what is written under it needs no
 * atomics, nobody comes in beside the holder, and tickets are served in their order.
 */
#include <kernel/lock.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS	4u
#define ROUNDS	20000u

static struct ticket_lock lock;
static unsigned int total, expected;	/* under the lock */

static void *worker(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int ticket = lock_draw(&lock);

		while (!lock_is_served(&lock, ticket))
			sched_yield();
		if (ticket != expected++) {
			fprintf(stderr, "ticket %u came in at turn %u\n", ticket, expected - 1);
			exit(1);
		}
		total++;
		lock_release(&lock);
	}
	return NULL;
}

static void check(bool right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "wrong: %s\n", what);
	exit(1);
}

int main(void)
{
	pthread_t threads[THREADS];
	unsigned int first = lock_draw(&lock), second;

	check(lock_is_served(&lock, first) && !lock_has_waiter(&lock), "alone");
	second = lock_draw(&lock);
	check(!lock_is_served(&lock, second) && lock_has_waiter(&lock), "somebody waits");
	lock_release(&lock);
	check(lock_is_served(&lock, second) && !lock_has_waiter(&lock), "the next one");
	lock_release(&lock);

	expected = second + 1;
	for (unsigned int i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, worker, NULL), "pthread_create");
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	check(total == THREADS * ROUNDS, "as many came in as wanted to");
	return 0;
}
