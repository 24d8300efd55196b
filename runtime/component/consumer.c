/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stddef.h>
#include <peervisor/consumer.h>
#include <sel4/sel4.h>

/* Runs the callback, if there is one. Its argument was stored before it. */
static bool run_callback(struct consumer *c)
{
	void (*callback)(void *) = __atomic_exchange_n(&c->callback, NULL, __ATOMIC_ACQUIRE);

	if (!callback)
		return false;
	callback(c->argument);
	return true;
}

void consumer_wait(struct consumer *c)
{
	do {
		seL4_Wait(c->slot, NULL);
	} while (run_callback(c));
}

int consumer_poll(struct consumer *c)
{
	seL4_Word badge = 0;

	seL4_Poll(c->slot, &badge);
	return badge != 0 && !run_callback(c);
}

int consumer_reg_callback(struct consumer *c, void (*callback)(void *), void *argument)
{
	if (!c->slot || !callback || __atomic_load_n(&c->callback, __ATOMIC_RELAXED))
		return -1;
	c->argument = argument;
	__atomic_store_n(&c->callback, callback, __ATOMIC_RELEASE);
	seL4_Signal(c->registered);
	return 0;
}

int consumer_acknowledge(struct consumer *c)
{
	int result = c->irq[0] ? 0 : -1, i;

	for (i = 0; c->irq[i]; i++)
		if (seL4_IRQHandler_Ack(c->irq[i]) != seL4_NoError)
			result = -1;
	return result;
}

/*
 * Takes events only while a callback is registered. Another thread may run the callback first; then
 * the event that came here is theirs, and goes back.
 */
void consumer_serve(struct consumer *c, void (*handle)(void))
{
	while (handle) {
		seL4_Wait(c->slot, NULL);
		handle();
	}
	for (;;) {
		while (!__atomic_load_n(&c->callback, __ATOMIC_ACQUIRE))
			seL4_Wait(c->registered, NULL);
		seL4_Wait(c->slot, NULL);
		if (!run_callback(c))
			seL4_Signal(c->slot);
	}
}
