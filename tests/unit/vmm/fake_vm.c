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

uint64_t fake_now;
unsigned int fake_now_calls;

uint64_t vm_after(struct vm *vm, uint64_t ms)
{
	fake_now_calls++;
	return vm->counter_frequency ? fake_now + ms * vm->counter_frequency / 1000 : DEADLINE_NEVER;
}

static void put(const char *format, va_list args)
{
	size_t length = strlen(fake[0].log);

	vsnprintf(fake[0].log + length, sizeof(fake[0].log) - length, format, args);
	length = strlen(fake[0].log);
	if (length < sizeof(fake[0].log) - 1)
		strcpy(fake[0].log + length, "\n");
}

void vm_log(struct vm *vm, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
}

void vm_log_counted(struct vm *vm, uint32_t times, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
}
