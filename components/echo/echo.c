/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers every call on its endpoint with the first word plus one; hello's other half. */
#include <stdio.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/log.h>
#include <sel4/sel4.h>

int main(void)
{
	uint64_t endpoint = config_u64(CONFIG_ROOT, "endpoint-slot");
	seL4_Word badge, word;

	log_info("waiting for calls");
	seL4_RecvWithMRs(endpoint, &badge, &word, NULL, NULL, NULL);
	for (;;) {
		if (!(badge & EVENT_ENDPOINT)) {
			seL4_RecvWithMRs(endpoint, &badge, &word, NULL, NULL, NULL);
			continue;
		}
		word++;
		seL4_ReplyRecvWithMRs(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &badge, &word,
				      NULL, NULL, NULL);
	}
}
