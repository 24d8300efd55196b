/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes, semaphores and consumers of events with real threads, under ThreadSanitizer. The trap is
 * answered by notifications made of a mutex and a condition: one bit each, as the kernel has them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <peervisor/consumer.h>
#include <peervisor/lock.h>
#include <sel4/sel4.h>

#define SLOTS	8
#define THREADS	4
#define ROUNDS	5000

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	bool active;
} notifications[SLOTS];

void sel4_trap(long number, struct sel4_trap *trap)
{
	seL4_Word slot = trap->x0;

	if (slot == 0 || slot >= SLOTS)
		abort();
	pthread_mutex_lock(&notifications[slot].mutex);
	if (number == SEL4_SYS_SEND) {
		notifications[slot].active = true;
		pthread_cond_signal(&notifications[slot].condition);
	} else {
		while (number == SEL4_SYS_RECV && !notifications[slot].active)
			pthread_cond_wait(&notifications[slot].condition, &notifications[slot].mutex);
		trap->x0 = notifications[slot].active;
		notifications[slot].active = false;
	}
	pthread_mutex_unlock(&notifications[slot].mutex);
}

static void run(void *(*function)(void *), unsigned int count)
{
	pthread_t threads[2 * THREADS];
	uintptr_t i;

	for (i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, function, (void *)i))
			abort();
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static struct lock lock = { .slot = 1 };
static int guarded;			/* no atomic: the lock must order it */

static void *add(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&lock);
		guarded++;
		lock_give(&lock);
	}
	return argument;
}

static struct semaphore items = { .most = INT32_MAX, .slot = 2 };
static struct semaphore room = { .count = 3, .most = INT32_MAX, .slot = 3 };
static atomic_int in_flight, most_in_flight;

/* Even threads produce, odd ones consume; what is between them never exceeds the room. */
static void *pass(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		if ((uintptr_t)argument % 2 == 0) {
			semaphore_wait(&room);
			int now = atomic_fetch_add(&in_flight, 1) + 1, most = atomic_load(&most_in_flight);

			while (now > most && !atomic_compare_exchange_weak(&most_in_flight, &most, now))
				;
			semaphore_post(&items);
		} else {
			semaphore_wait(&items);
			atomic_fetch_sub(&in_flight, 1);
			semaphore_post(&room);
		}
	}
	return argument;
}

static struct semaphore binary = { .count = 1, .most = 1, .slot = 4 };

static void *take_turns(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		semaphore_wait(&binary);
		guarded++;
		semaphore_post(&binary);
	}
	return argument;
}

static struct consumer events = { .slot = 5, .registered = 6 };
static struct semaphore answered = { .most = INT32_MAX, .slot = 7 };
static int called;

static void *serve(void *argument)
{
	consumer_serve(&events, NULL);
	return argument;
}

static void on_event(void *argument)
{
	++*(int *)argument;
	semaphore_post(&answered);
}

/* Each event while a callback is registered runs it exactly once. */
static void test_callbacks(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve, NULL))
		abort();
	for (int i = 0; i < ROUNDS; i++) {
		check(consumer_reg_callback(&events, on_event, &called) == 0, "no callback can be registered");
		seL4_Signal(events.slot);
		semaphore_wait(&answered);
	}
	check(called == ROUNDS, "callbacks are lost or run twice");
	check(consumer_poll(&events) == 0, "an event is left");
	check(consumer_acknowledge(&events) == -1, "an event is no interrupt");
}

int main(void)
{
	static seL4_IPCBuffer buffer;

	seL4_SetIPCBuffer(&buffer);	/* a poll writes to it */
	for (int i = 0; i < SLOTS; i++) {
		pthread_mutex_init(&notifications[i].mutex, NULL);
		pthread_cond_init(&notifications[i].condition, NULL);
	}
	check(lock_give(&lock) == -1, "a free mutex was given back");
	run(add, THREADS);
	check(guarded == THREADS * ROUNDS, "the mutex lets two in");
	run(pass, 2 * THREADS);
	check(items.count == 0 && room.count == 3 && in_flight == 0, "the semaphores have lost count");
	check(most_in_flight <= 3, "the semaphore lets too many in");
	guarded = 0;
	run(take_turns, THREADS);
	check(guarded == THREADS * ROUNDS, "the binary semaphore lets two in");
	check(semaphore_post(&binary) == 0 && binary.count == 1, "a binary semaphore counts");
	check(semaphore_trywait(&binary) == 0 && semaphore_trywait(&binary) == -1, "trywait");
	test_callbacks();
	return 0;
}
