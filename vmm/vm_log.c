/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm_log.h"

#include <stdarg.h>
#include <stdio.h>

#include "vm.h"

static void put(struct vm *vm, uint32_t times, const char *format, va_list args)
{
	char line[220], count[24] = "";

	vsnprintf(line, sizeof(line), format, args);
	if (times > 1)
		snprintf(count, sizeof(count), " (%u times)", times);
	fprintf(stderr, "%s: %s%s\n", vm->config.name ? vm->config.name : "vmm", line, count);
}

void vm_log(struct vm *vm, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(vm, 1, format, args);
	va_end(args);
}

void vm_log_counted(struct vm *vm, uint32_t times, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(vm, times, format, args);
	va_end(args);
}
