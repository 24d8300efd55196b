/* SPDX-License-Identifier: BSD-2-Clause */
/* What runtime_start (startup.c) sets up before main, in this order. */
#ifndef RUNTIME_STARTUP_H
#define RUNTIME_STARTUP_H

#include <stdbool.h>
#include <stdint.h>

void seed_init(const uint64_t words[4]);
void config_init(const void *blob);
void log_init(void);
bool log_write(const char *bytes, unsigned long length);	/* false: it was cut or dropped */
void heap_init(void);

/* Only in components with several threads. */
void log_lock(void);
void log_unlock(void);

#endif
