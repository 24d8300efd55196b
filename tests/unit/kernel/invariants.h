/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must hold of the kernel's state between two calls, whatever user code did. A violation
 * fails the running test.
 */
#ifndef TESTS_KERNEL_INVARIANTS_H
#define TESTS_KERNEL_INVARIANTS_H

/* Forgets what the model of the TLB holds: a new world. */
void invariants_reset(void);
/*
 * - Every capability is in the derivation tree, an untyped's descendants right behind it, and what
 *   was made of it lies below its watermark.
 * - What Revoke would delete is what was derived (derivation.h).
 * - Objects do not overlap, so no frame shows a kernel object.
 * - Every entry of every table of every address space is that of a live table or frame capability
 *   that says so, with no more rights. A TLB that keeps all it ever saw has nothing else.
 * - Queues, bindings, replies and run queues agree with the threads' states.
 */
void invariants_check(void);

#endif
