/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event that a component consumes. A callback serves once and goes before those who wait or
 * poll: whoever receives the event while one is registered runs it, then waits on.
 */
#ifndef PEERVISOR_CONSUMER_H
#define PEERVISOR_CONSUMER_H

#include <stdint.h>

#define CONSUMER_IRQS 8

struct consumer {
	void (*callback)(void *);	/* taken by an exchange: exactly one thread runs it */
	void *argument;
	uint64_t slot;			/* notification of the event: receive and send */
	uint64_t registered;		/* notification that wakes the interface's thread */
	uint64_t irq[CONSUMER_IRQS + 1];	/* interrupt handlers; 0 ends them */
};

void consumer_wait(struct consumer *c);
int consumer_poll(struct consumer *c);		/* 1: there was one */
/* 0, or -1: there is one already, or the event is not connected. */
int consumer_reg_callback(struct consumer *c, void (*callback)(void *), void *argument);
/* Lets the device interrupt again, by all of its interrupts. -1: it is none. */
int consumer_acknowledge(struct consumer *c);
/* The interface's thread: callbacks; if there is an author's IFACE_handle, each event is its. */
void consumer_serve(struct consumer *c, void (*handle)(void));

#endif
