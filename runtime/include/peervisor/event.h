/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: bits of the notification that is bound to the component's thread.
 * Each bit has one handler; a handler never blocks.
 */
#ifndef PEERVISOR_EVENT_H
#define PEERVISOR_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sel4/sel4.h>

#define EVENT_ENDPOINT	(UINT64_C(1) << 63)	/* badges of endpoint messages have it, events never */

typedef void event_handler(void *context);

/* `badge` has one bit set (0: the event cannot happen, nothing is registered). */
void event_register(uint64_t badge, event_handler *handler, void *context);

/* Calls the handler of every bit that is set; a bit nobody registered is ignored. */
void event_dispatch(uint64_t word);

/* Waits on the notification and dispatches, for ever. `idle` (may be NULL) runs before each wait. */
_Noreturn void event_loop(uint64_t notification, void (*idle)(void));

/*
 * The same for a component that also gets messages: `idle` returns what is waited on next, the
 * notification or an endpoint.
 */
_Noreturn void event_serve(uint64_t (*idle)(void),
			   void (*message)(uint64_t badge, seL4_MessageInfo_t info));

#endif
