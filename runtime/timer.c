/* SPDX-License-Identifier: BSD-2-Clause */
#include <peervisor/timer.h>
#include <sel4/sel4.h>

static enum timer_status request(uint64_t slot, enum timer_request what, seL4_Word length,
				 seL4_Word *mr0, seL4_Word *mr1)
{
	seL4_MessageInfo_t info = seL4_MessageInfo_new(what, 0, 0, length);

	info = seL4_CallWithMRs(slot, info, mr0, mr1, NULL, NULL);
	switch (seL4_MessageInfo_get_label(info)) {
	case TIMER_OK:
		return TIMER_OK;
	case TIMER_UNSUPPORTED:
		return TIMER_UNSUPPORTED;
	default:
		return TIMER_BAD_REQUEST;
	}
}

enum timer_status timer_set(uint64_t slot, uint64_t deadline)
{
	return request(slot, TIMER_SET, 1, &deadline, NULL);
}

enum timer_status timer_cancel(uint64_t slot)
{
	return request(slot, TIMER_CANCEL, 0, NULL, NULL);
}

uint64_t timer_count(void)
{
	uint64_t count;

	/* isb: the counter must not be read ahead of what came before */
	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(count) : : "memory");
	return count;
}

enum timer_status timer_now(uint64_t slot, uint64_t *count, uint64_t *frequency)
{
	return request(slot, TIMER_NOW, 0, count, frequency);
}
