/* SPDX-License-Identifier: BSD-2-Clause */
/* What io_proxy and connector want of the VM and the runtime, without one. */
#include "fake_vcpu.h"

#include <peervisor/timer.h>
#include <stdio.h>
#include <string.h>

enum timer_status timer_set(uint64_t slot, uint64_t at)
{
	return TIMER_OK;
}

uint64_t vm_after(struct vm *vm, uint64_t ms)
{
	return DEADLINE_NEVER;
}

void vm_log(struct vm *vm, const char *format, ...)
{
	size_t length = strlen(fake[0].log);
	va_list args;

	va_start(args, format);
	vsnprintf(fake[0].log + length, sizeof(fake[0].log) - length, format, args);
	va_end(args);
	length = strlen(fake[0].log);
	if (length < sizeof(fake[0].log) - 1)
		strcpy(fake[0].log + length, "\n");
}
