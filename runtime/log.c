/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <peervisor/config.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <sel4/sel4.h>
#include "startup.h"

#define LINE	256

static struct serial_port port;
static bool have_port;
static enum log_level highest = LOG_INFO;
static uint32_t told_dropped;
static void (*redirected)(const char *bytes, unsigned long length);

void log_init(void)
{
	int node = config_find("/log");

	highest = (enum log_level)config_u64_or(CONFIG_ROOT, "log-level", LOG_INFO);
	if (node < 0)
		return;
	serial_port_init(&port, config_u64(node, "out"), config_u64(node, "in"),
			 config_u64(node, "kick-slot"));
	have_port = true;
}

struct serial_port *log_port(void)
{
	return have_port ? &port : NULL;
}

void log_redirect(void (*write)(const char *bytes, unsigned long length))
{
	redirected = write;
}

static void tell_dropped(void)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "[%u bytes of log dropped]\n",
			      (unsigned int)(port.dropped - told_dropped));

	if (serial_port_room(&port) < (size_t)length)
		return;
	told_dropped = port.dropped;
	serial_port_write(&port, line, (size_t)length);
}

/* Of a component with several threads (component/lock.c). */
#pragma weak log_lock
#pragma weak log_unlock

static void write_port(const char *bytes, unsigned long length)
{
	if (redirected) {
		redirected(bytes, length);
		return;
	}
	if (!have_port)
		return;
	if (port.dropped != told_dropped)
		tell_dropped();
	serial_port_write(&port, bytes, length);
}

void log_write(const char *bytes, unsigned long length)
{
	if (log_lock)
		log_lock();
	write_port(bytes, length);
	if (log_unlock)
		log_unlock();
}

static void write_line(const char *prefix, const char *format, va_list args)
{
	char line[LINE];
	int at = snprintf(line, sizeof(line), "%s: %s", config_component(), prefix);

	if (at < 0 || at >= LINE - 2)
		at = 0;
	vsnprintf(line + at, sizeof(line) - (size_t)at - 1, format, args);
	strcat(line, "\n");
	log_write(line, strlen(line));
}

void log_at(enum log_level level, const char *format, ...)
{
	static const char *const prefix[] = {"error: ", "warning: ", "", "debug: "};
	va_list args;

	if (level > highest)
		return;
	va_start(args, format);
	write_line(prefix[level], format, args);
	va_end(args);
}

static _Thread_local bool panicking;

void panic_at(const char *file, int line, const char *format, ...)
{
	char reason[LINE / 2];
	va_list args;

	if (!panicking) {
		panicking = true;
		va_start(args, format);
		vsnprintf(reason, sizeof(reason), format, args);
		va_end(args);
		log_error("PANIC at %s:%d: %s", file, line, reason);
	}
	/* No thread cap here: a receive from the null cap faults, and without a handler stops us. */
	for (;;)
		seL4_Wait(seL4_CapNull, NULL);
}
