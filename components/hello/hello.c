/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest demonstration: one line in the log, then `calls` calls to the
 * echo component through `server-slot`; each reply must be the number sent
 * plus one. Ends with the counts of both sides.
 */
#include <inttypes.h>
#include <stdio.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/log.h>
#include <sel4/sel4.h>

static uint64_t call_all(uint64_t server, uint64_t calls)
{
	uint64_t good = 0;

	for (uint64_t i = 0; i < calls; i++) {
		seL4_Word word = i;
		seL4_MessageInfo_t info = seL4_MessageInfo_new(1, 0, 0, 1);

		info = seL4_CallWithMRs(server, info, &word, NULL, NULL, NULL);
		if (seL4_MessageInfo_get_label(info) == 0 && word == i + 1)
			good++;
	}
	return good;
}

int main(void)
{
	uint64_t calls = config_u64_or(CONFIG_ROOT, "calls", 1000);

	log_info("hello from a component on a capability kernel");
	if (config_has(CONFIG_ROOT, "server-slot")) {
		uint64_t good = call_all(config_u64(CONFIG_ROOT, "server-slot"), calls);

		log_info("%" PRIu64 " calls, %" PRIu64 " replies", calls, good);
	}
	event_loop(config_u64(CONFIG_ROOT, "notification-slot"), NULL);
}
