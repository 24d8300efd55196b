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

#define MAX_CLIENTS	62
#define NEVER		UINT64_MAX
#define CNTP_CTL_ENABLE	UINT64_C(1)

struct client {
	uint64_t badge;
	uint64_t notify_slot;
	uint64_t deadline;	/* NEVER: none */
};

static struct client clients[MAX_CLIENTS];
static int num_clients;
static uint64_t irq_slot;
static bool supported;

static uint64_t counter(void)
{
	uint64_t value;

	/* isb: the counter must not be read ahead of what came before */
	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(value) : : "memory");
	return value;
}

static uint64_t frequency(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
	return value;
}

static void program(uint64_t deadline)
{
	uint64_t control = deadline == NEVER ? UINT64_C(0) : CNTP_CTL_ENABLE;

	__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb"
			 : : "r"(deadline), "r"(control) : "memory");
}

/* Signals whoever is due and sets the timer to the earliest of the rest. */
static void update(void)
{
	uint64_t now = counter(), earliest = NEVER;

	for (int i = 0; i < num_clients; i++) {
		struct client *client = &clients[i];

		if (client->deadline == NEVER)
			continue;
		if (client->deadline <= now) {
			client->deadline = NEVER;
			seL4_Signal(client->notify_slot);
		} else if (client->deadline < earliest) {
			earliest = client->deadline;
		}
	}
	program(earliest);
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
		client->deadline = NEVER;
		update();
		return seL4_MessageInfo_new(TIMER_OK, 0, 0, 0);
	case TIMER_NOW:
		mr[0] = counter();
		mr[1] = frequency();
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
	clients[num_clients].deadline = NEVER;
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
		program(NEVER);
		seL4_IRQHandler_Ack(irq_slot);
		log_info("%llu Hz, %d clients", (unsigned long long)frequency(), num_clients);
	}
	serve(config_u64(CONFIG_ROOT, "endpoint-slot"));
}
