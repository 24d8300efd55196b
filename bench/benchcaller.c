/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times system calls. The loop's own instructions are in a figure of their own.
 */
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <sel4/sel4.h>

#define ROUNDS		2000u
#define EMPTY_SLOT	199u	/* no component of the assembly has so many capabilities */

#include "measure.h"

int main(void)
{
	seL4_CPtr server = config_u64(CONFIG_ROOT, "server-slot");
	seL4_CPtr wake = config_u64(CONFIG_ROOT, "wake-slot");
	seL4_MessageInfo_t nothing = seL4_MessageInfo_new(0, 0, 0, 0);

	MEASURE("loop", __asm__ volatile("" ::: "memory"));
	MEASURE("nbsend-empty", seL4_NBSend(EMPTY_SLOT, nothing));
	MEASURE("yield", seL4_Yield());
	MEASURE("call-reply", seL4_CallWithMRs(server, nothing, NULL, NULL, NULL, NULL));
	MEASURE("signal-wake", seL4_Signal(wake));
	log_info("bench: end");
	event_loop(config_u64(CONFIG_ROOT, "notification-slot"), NULL);
}
