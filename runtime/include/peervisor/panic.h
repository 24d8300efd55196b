/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a component: one line in its log that says who, where and why,
 * then the thread stops for good. For our own bugs and for a configuration
 * that cannot be used; what a guest or a peer does never gets here.
 */
#ifndef PEERVISOR_PANIC_H
#define PEERVISOR_PANIC_H

_Noreturn void panic_at(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The thread ends by a receive from one of these, which are no capabilities: its fault handler then
 * knows whether the line is in the log.
 */
#define PANIC_TOLD	(~0ul)
#define PANIC_UNTOLD	(~1ul)

#define panic(...)	panic_at(__FILE__, __LINE__, __VA_ARGS__)

#endif
