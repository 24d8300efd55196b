/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the arch's entry code calls, with the thread's registers already in sched_current->context.
 * Each ends with sched_run() and returns the thread whose context is to be loaded (never idle).
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <kernel/tcb.h>

struct tcb *kernel_syscall(long nr);				/* svc, and hvc from a guest */
/* For the fast paths: the general way, and Call on what is not an endpoint. */
__attribute__((noinline)) struct tcb *kernel_slow_syscall(long nr);
__attribute__((noinline)) struct tcb *kernel_invoke(struct tcb *tcb, struct slot *slot, u64 info);
struct tcb *kernel_irq(void);					/* physical interrupt pending */
struct tcb *kernel_vm_fault(u64 address, u32 esr, bool fetch);
struct tcb *kernel_user_exception(u64 number, u64 code);	/* ESR exactly 0x02000000 */
struct tcb *kernel_vcpu_fault(u32 esr);				/* everything else */
/* A synchronous exception that the arch resolved itself (lazy state): nothing else to do. */
struct tcb *kernel_resume(void);

#endif
