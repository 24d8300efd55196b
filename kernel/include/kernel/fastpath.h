/* SPDX-License-Identifier: BSD-2-Clause */
/* The short ways of core/fastpath.c, which take the long ones if need be. Each gives the thread to resume. */
#ifndef KERNEL_FASTPATH_H
#define KERNEL_FASTPATH_H

#include <kernel/tcb.h>

__attribute__((noinline)) struct tcb *fastpath_call(struct tcb *tcb);
__attribute__((noinline)) struct tcb *fastpath_reply_recv(struct tcb *tcb);
/* tcb's fault, which is in its record. */
__attribute__((noinline)) struct tcb *fastpath_fault(struct tcb *tcb);

#ifdef KERNEL_FAKE
/* For tests, which compare both ways. */
extern bool fastpath_enabled;
extern unsigned long fastpath_taken;
#endif

#endif
