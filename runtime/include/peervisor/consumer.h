/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event that a component consumes. A callback serves once and goes before those who wait or
 * poll: whoever receives the event while one is registered runs it, then waits on.
 */
#ifndef PEERVISOR_CONSUMER_H
#define PEERVISOR_CONSUMER_H

#include <stdint.h>

struct consumer {
	void (*callback)(void *);	/* taken by an exchange: exactly one thread runs it */
	void *argument;
	uint64_t slot;			/* notification of the event: receive and send */
	uint64_t registered;		/* notification that wakes the interface's thread */
	uint64_t irq;			/* interrupt handler, or 0 */
};

void consumer_wait(struct consumer *c);
int consumer_poll(struct consumer *c);		/* 1: there was one */
/* 0, or -1: there is one already, or the event is not connected. */
int consumer_reg_callback(struct consumer *c, void (*callback)(void *), void *argument);
/* Lets the device interrupt again. -1: it is no interrupt. */
int consumer_acknowledge(struct consumer *c);
/* The interface's thread. */
void consumer_serve(struct consumer *c);

#endif
