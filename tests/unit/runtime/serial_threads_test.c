/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client and server as threads that sleep as the components do: every byte
 * arrives in order and nobody sleeps through a signal. A lost wake-up shows as
 * the time limit of a wait.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <peervisor/serial_port.h>
#include <sel4/sel4.h>

#define TOTAL		4000000u
#define TO_SERVER	0
#define TO_CLIENT	1

static _Alignas(4096) struct serial_port_page out, in;

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool set;
} notification[2] = {
	{PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false},
	{PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false},
};

/* Only seL4_Signal comes here: cptr 1 or 2. */
void sel4_trap(long number, struct sel4_trap *trap)
{
	unsigned int which = (unsigned int)trap->x0 - 1;

	(void)number;
	pthread_mutex_lock(&notification[which].lock);
	notification[which].set = true;
	pthread_cond_signal(&notification[which].changed);
	pthread_mutex_unlock(&notification[which].lock);
}

static void wait_for(unsigned int which)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	pthread_mutex_lock(&notification[which].lock);
	while (!notification[which].set) {
		if (pthread_cond_timedwait(&notification[which].changed,
					   &notification[which].lock, &end)) {
			fprintf(stderr, "a wake-up was lost\n");
			exit(1);
		}
	}
	notification[which].set = false;
	pthread_mutex_unlock(&notification[which].lock);
}

static void *serve(void *argument)
{
	struct serial_port port;
	uint32_t expected = 0, room_seen = 0;
	uint8_t bytes[300];

	(void)argument;
	serial_port_init(&port, (uintptr_t)&in, (uintptr_t)&out, TO_CLIENT + 1);
	while (expected < TOTAL) {
		size_t length = serial_port_read(&port, bytes, sizeof(bytes));
		uint32_t want = __atomic_load_n(&out.want_room, __ATOMIC_RELAXED);

		for (size_t i = 0; i < length; i++) {
			if (bytes[i] != (uint8_t)(expected++ * 7)) {
				fprintf(stderr, "byte %u is wrong\n", expected - 1);
				exit(1);
			}
		}
		if (want != room_seen) {
			room_seen = want;
			seL4_Signal(TO_CLIENT + 1);
		}
		if (length == 0 && serial_port_may_sleep(&port))
			wait_for(TO_SERVER);
	}
	return NULL;
}

static void produce(void)
{
	struct serial_port port;
	uint32_t sent = 0;

	serial_port_init(&port, (uintptr_t)&out, (uintptr_t)&in, TO_SERVER + 1);
	while (sent < TOTAL) {
		uint8_t bytes[97];
		size_t length = 1 + sent % sizeof(bytes), room = serial_port_room(&port);

		if (length > TOTAL - sent)
			length = TOTAL - sent;
		if (room < length) {
			serial_port_want_room(&port);
			if (serial_port_room(&port) < length)
				wait_for(TO_CLIENT);
			continue;
		}
		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)(sent++ * 7);
		serial_port_write(&port, bytes, length);
	}
}

int main(void)
{
	pthread_t server;

	if (pthread_create(&server, NULL, serve, NULL))
		return 1;
	produce();
	pthread_join(server, NULL);
	return out.dropped != 0;
}
