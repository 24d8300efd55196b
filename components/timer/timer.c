/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer server: owns the EL1 physical timer (PPI 30) and wakes each client
 * at its deadline (docs/bindings.md, peervisor,timer-1). A virtual timer counts
 * only while its guest runs, so this is how an idle guest gets its tick.
 *
 * With property `no-counters` (a kernel that keeps the counter from user space,
 * where touching it would be our end) every request is answered UNSUPPORTED.
 */
#include <stdio.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <peervisor/timer.h>
#include <sel4/sel4.h>
#include "counter.h"

#define MAX_CLIENTS	62

struct client {
	uint64_t badge;
	uint64_t notify_slot;
	uint64_t deadline;	/* COUNTER_NEVER: none */
};

static struct client clients[MAX_CLIENTS];
static int num_clients;
static uint64_t irq_slot;
static bool supported;

/* Signals whoever is due and sets the timer to the earliest of the rest. */
static void update(void)
{
	uint64_t now = counter_now(), earliest = COUNTER_NEVER;

	for (int i = 0; i < num_clients; i++) {
		struct client *client = &clients[i];

		if (client->deadline == COUNTER_NEVER)
			continue;
		if (client->deadline <= now) {
			client->deadline = COUNTER_NEVER;
			seL4_Signal(client->notify_slot);
		} else if (client->deadline < earliest) {
			earliest = client->deadline;
		}
	}
	counter_program(earliest);
}

static void on_interrupt(void *context)
{
	(void)context;
	update();	/* first: the line must be low before it is unmasked */
	seL4_IRQHandler_Ack(irq_slot);
}

static struct client *find(uint64_t badge)
{
	for (int i = 0; i < num_clients; i++)
		if (clients[i].badge == badge)
			return &clients[i];
	return NULL;
}

/* A request from outside: label, length and badge are whatever the client sent. */
static seL4_MessageInfo_t answer(seL4_Word badge, seL4_MessageInfo_t info, seL4_Word mr[2])
{
	struct client *client = find(badge);
	seL4_Word length = seL4_MessageInfo_get_length(info);

	if (!supported)
		return seL4_MessageInfo_new(TIMER_UNSUPPORTED, 0, 0, 0);
	switch (client ? seL4_MessageInfo_get_label(info) : 0) {
	case TIMER_SET:
		if (length < 1)
			break;
		client->deadline = mr[0];
		update();
		return seL4_MessageInfo_new(TIMER_OK, 0, 0, 0);
	case TIMER_CANCEL:
		client->deadline = COUNTER_NEVER;
		update();
		return seL4_MessageInfo_new(TIMER_OK, 0, 0, 0);
	case TIMER_NOW:
		mr[0] = counter_now();
		mr[1] = counter_frequency();
		return seL4_MessageInfo_new(TIMER_OK, 0, 0, 2);
	}
	return seL4_MessageInfo_new(TIMER_BAD_REQUEST, 0, 0, 0);
}

static void add_client(int node)
{
	if (num_clients == MAX_CLIENTS)
		panic("more than %d clients", MAX_CLIENTS);
	clients[num_clients].badge = config_u64(node, "badge");
	clients[num_clients].notify_slot = config_u64(node, "notify-slot");
	clients[num_clients].deadline = COUNTER_NEVER;
	num_clients++;
}

static _Noreturn void serve(uint64_t endpoint)
{
	seL4_Word badge, mr[2];
	seL4_MessageInfo_t info = seL4_RecvWithMRs(endpoint, &badge, &mr[0], &mr[1], NULL, NULL);

	for (;;) {
		if (badge & EVENT_ENDPOINT) {
			info = answer(badge, info, mr);
			info = seL4_ReplyRecvWithMRs(endpoint, info, &badge, &mr[0], &mr[1], NULL,
						     NULL);
		} else {
			event_dispatch(badge);
			info = seL4_RecvWithMRs(endpoint, &badge, &mr[0], &mr[1], NULL, NULL);
		}
	}
}

int main(void)
{
	supported = !config_has(CONFIG_ROOT, "no-counters");
	for (int node = -1; (node = config_next(CONFIG_ROOT, node, "client@")) >= 0;)
		add_client(node);
	if (supported) {
		irq_slot = config_u64(CONFIG_ROOT, "irq-slot");
		event_register(config_u64(CONFIG_ROOT, "irq-badge"), on_interrupt, NULL);
		/* First: our kernel gives the timer's registers to the thread that uses its interrupt. */
		seL4_IRQHandler_Ack(irq_slot);
		counter_program(COUNTER_NEVER);
		log_info("%llu Hz, %d clients", (unsigned long long)counter_frequency(), num_clients);
	}
	serve(config_u64(CONFIG_ROOT, "endpoint-slot"));
}
