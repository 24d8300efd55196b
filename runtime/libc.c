/* SPDX-License-Identifier: BSD-2-Clause */
/* What picolibc wants from below: a console, memory, a way to end. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <peervisor/config.h>
#include <peervisor/panic.h>
#include "startup.h"

#define LINE	128

/* stdout collects a line for each thread: one copy and one signal instead of one per character. */
static int put_char(char c, FILE *file)
{
	static _Thread_local char line[LINE];
	static _Thread_local unsigned long length;

	(void)file;
	line[length++] = c;
	if (c == '\n' || length == LINE) {
		log_write(line, length);
		length = 0;
	}
	return (unsigned char)c;
}

static FILE console = FDEV_SETUP_STREAM(put_char, NULL, NULL, _FDEV_SETUP_WRITE);

FILE *const stdin = &console;
FILE *const stdout = &console;
FILE *const stderr = &console;

static char *heap_at, *heap_end;

void heap_init(void)
{
	struct config_pair heap;

	if (!config_has(CONFIG_ROOT, "heap"))
		return;
	heap = config_pair(CONFIG_ROOT, "heap");
	heap_at = (char *)(uintptr_t)heap.first;
	heap_end = heap_at + heap.second;
}

void *sbrk(ptrdiff_t increment)
{
	char *old = heap_at;

	if (increment > heap_end - heap_at || increment < 0) {
		errno = ENOMEM;
		return (void *)-1;
	}
	heap_at += increment;
	return old;
}

void abort(void)
{
	panic("abort");
}

void _exit(int status)
{
	panic("exit with status %d", status);
}

_Noreturn void __assert_func(const char *file, int line, const char *function,
			     const char *expression);

_Noreturn void __assert_func(const char *file, int line, const char *function,
			     const char *expression)
{
	panic_at(file, line, "%s: assertion '%s' failed", function, expression);
}

/*
 * Debian's libfdt.a is built with the stack protector. There is no source of
 * randomness at this point: the guard catches accidents, not attacks.
 */
uintptr_t __stack_chk_guard = 0x00f0a51e0dead0ffu;
_Noreturn void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	panic("a stack buffer overflowed");
}
