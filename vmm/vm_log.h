/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of the monitor's log. What a guest or a peer can cause again and again is written by
 * vm_report: the first 16 times, then each time that the count is a power of two, with the count in
 * the line. Each place has a counter of its own, and each connection has its own set of them, so that
 * one peer cannot silence what is said of another.
 */
#ifndef VMM_VM_LOG_H
#define VMM_VM_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

#define VM_LOG_FIRST	16u

/* For what happens once: start, power off, a VM that is stopped. */
void vm_log(struct vm *vm, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The line and, from the second time on, how often its place was reached. */
void vm_log_counted(struct vm *vm, uint32_t times, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Counts. Is this one of the times that are written? */
static inline bool vm_log_due(uint32_t *times)
{
	if (*times < UINT32_MAX)
		++*times;
	return *times <= VM_LOG_FIRST || !(*times & (*times - 1));
}

/* A macro, because the arguments may cost a system call: they are evaluated only for a line. */
#define vm_report(vm, times, ...) do { \
		if (vm_log_due(times)) \
			vm_log_counted((vm), *(times), __VA_ARGS__); \
	} while (0)

#endif
