/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <peervisor/event.h>
#include <peervisor/panic.h>
#include <sel4/sel4.h>

static struct {
	event_handler *handler;
	void *context;
} events[63];

void event_register(uint64_t badge, event_handler *handler, void *context)
{
	int bit;

	if (badge == 0)
		return;
	bit = __builtin_ctzll(badge);
	if ((badge & (badge - 1)) || bit > 62)
		panic("event badge 0x%llx is not one bit below 63", (unsigned long long)badge);
	if (events[bit].handler)
		panic("event badge 0x%llx is used twice", (unsigned long long)badge);
	events[bit].handler = handler;
	events[bit].context = context;
}

void event_dispatch(uint64_t word)
{
	word &= ~EVENT_ENDPOINT;
	while (word) {
		int bit = __builtin_ctzll(word);

		word &= word - 1;
		if (events[bit].handler)
			events[bit].handler(events[bit].context);
	}
}

void event_loop(uint64_t notification, void (*idle)(void))
{
	for (;;) {
		seL4_Word word;

		if (idle)
			idle();
		seL4_Wait(notification, &word);
		event_dispatch(word);
	}
}

void event_serve(uint64_t (*idle)(void), void (*message)(uint64_t badge, seL4_MessageInfo_t info))
{
	for (;;) {
		seL4_Word badge;
		seL4_MessageInfo_t info = seL4_Recv(idle(), &badge);

		if (badge & EVENT_ENDPOINT)
			message(badge, info);
		else
			event_dispatch(badge);
	}
}
