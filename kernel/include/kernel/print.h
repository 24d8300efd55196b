/* SPDX-License-Identifier: BSD-2-Clause */
/* Text on the kernel's console. */
#ifndef KERNEL_PRINT_H
#define KERNEL_PRINT_H

#include <kernel/types.h>

/* %s %c %d %u %x, l (64 bit) forms, %p, field width and leading zero; nothing else. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The machine or the loader does not give what is needed: says what and halts. */
_Noreturn void print_stop(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A bug of ours: says where and halts. */
_Noreturn void print_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
