/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug builds only (KERNEL_DEBUG): the debug calls of ABI 12. In release builds nothing exists. */
#ifndef KERNEL_DEBUG_H
#define KERNEL_DEBUG_H

#include <kernel/invocation.h>

#ifdef KERNEL_DEBUG
/* No threads are known (as after boot). */
void debug_init(void);
/* False: not a debug call, or not for this thread. */
bool debug_syscall(long nr);
/* With KERNEL_REPORT_ERRORS, a line for each invocation that failed. */
void debug_report(const struct invocation *inv);
void debug_thread_created(struct tcb *tcb);
void debug_thread_gone(struct tcb *tcb);
#else
static inline bool debug_syscall(long nr)
{
	(void)nr;
	return false;
}

static inline void debug_report(const struct invocation *inv)
{
	(void)inv;
}

static inline void debug_thread_created(struct tcb *tcb)
{
	(void)tcb;
}

static inline void debug_thread_gone(struct tcb *tcb)
{
	(void)tcb;
}
#endif

#endif
