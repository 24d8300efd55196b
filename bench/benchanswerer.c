/* SPDX-License-Identifier: BSD-2-Clause */
/* The other end of benchcaller: answers calls with nothing, and waits again when it is signalled. */
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <sel4/sel4.h>

int main(void)
{
	seL4_CPtr endpoint = config_u64(CONFIG_ROOT, "endpoint-slot");
	seL4_MessageInfo_t nothing = seL4_MessageInfo_new(0, 0, 0, 0);
	seL4_Word badge;

	seL4_RecvWithMRs(endpoint, &badge, NULL, NULL, NULL, NULL);
	for (;;) {
		if (badge & EVENT_ENDPOINT)
			seL4_ReplyRecvWithMRs(endpoint, nothing, &badge, NULL, NULL, NULL, NULL);
		else
			seL4_RecvWithMRs(endpoint, &badge, NULL, NULL, NULL, NULL);
	}
}
