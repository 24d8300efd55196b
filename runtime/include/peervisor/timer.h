/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer server and its clients (docs/bindings.md, peervisor,timer-1). One
 * deadline per client; at the deadline the server signals the notification
 * that the assembly gave it for this client.
 */
#ifndef PEERVISOR_TIMER_H
#define PEERVISOR_TIMER_H

#include <stdint.h>

enum timer_request {
	TIMER_SET = 1,		/* MR0: absolute deadline in CNTPCT ticks */
	TIMER_CANCEL = 2,
	TIMER_NOW = 3,		/* reply: MR0 CNTPCT, MR1 CNTFRQ */
};

enum timer_status {
	TIMER_OK = 0,
	TIMER_BAD_REQUEST = 1,
	TIMER_UNSUPPORTED = 2,	/* the kernel in use keeps counters from user space */
};

enum timer_status timer_set(uint64_t slot, uint64_t deadline);
enum timer_status timer_cancel(uint64_t slot);
enum timer_status timer_now(uint64_t slot, uint64_t *count, uint64_t *frequency);
/* CNTPCT_EL0, without a request: only once timer_now() has said that this kernel lets it be read. */
uint64_t timer_count(void);

#endif
