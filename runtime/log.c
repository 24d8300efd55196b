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
#define DROPPED	64	/* at most, for the line that tells of what was dropped */

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

static _Thread_local bool panicking;

/* The end of the ring is kept for the line of a panic, however much was said before it. */
static size_t room(void)
{
	size_t free = serial_port_room(&port), kept = panicking ? 0 : LINE + DROPPED;

	return free > kept ? free - kept : 0;
}

static void tell_dropped(void)
{
	char line[DROPPED];
	int length = snprintf(line, sizeof(line), "[%u bytes of log dropped]\n",
			      (unsigned int)(port.dropped - told_dropped));

	if (room() < (size_t)length)
		return;
	told_dropped = port.dropped;
	serial_port_write(&port, line, (size_t)length);
}

/* Of a component with several threads (component/lock.c). */
#pragma weak log_lock
#pragma weak log_unlock

/* False: not all of it had room. */
static bool write_port(const char *bytes, unsigned long length)
{
	size_t free;

	if (redirected) {
		redirected(bytes, length);
		return true;
	}
	if (!have_port)
		return false;
	if (port.dropped != told_dropped)
		tell_dropped();
	free = room();
	if (length <= free)
		return serial_port_write(&port, bytes, length) == length;
	serial_port_write(&port, bytes, free);
	serial_port_drop(&port, length - free);
	return false;
}

bool log_write(const char *bytes, unsigned long length)
{
	bool all;

	if (log_lock)
		log_lock();
	all = write_port(bytes, length);
	if (log_unlock)
		log_unlock();
	return all;
}

static bool write_line(const char *prefix, const char *format, va_list args)
{
	char line[LINE];
	int at = snprintf(line, sizeof(line), "%s: %s", config_component(), prefix);

	if (at < 0 || at >= LINE - 2)
		at = 0;
	vsnprintf(line + at, sizeof(line) - (size_t)at - 1, format, args);
	strcat(line, "\n");
	return log_write(line, strlen(line));
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

static bool write_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool write_error(const char *format, ...)
{
	va_list args;
	bool all;

	va_start(args, format);
	all = write_line("error: ", format, args);
	va_end(args);
	return all;
}

void panic_at(const char *file, int line, const char *format, ...)
{
	char reason[LINE / 2];
	bool told = true;	/* of a panic in a panic: by the first */
	va_list args;

	if (!panicking) {
		panicking = true;
		va_start(args, format);
		vsnprintf(reason, sizeof(reason), format, args);
		va_end(args);
		told = write_error("PANIC at %s:%d: %s", file, line, reason);
	}
	/* There is no capability to the own thread here, so it ends by a fault. */
	for (;;)
		seL4_Wait(told ? PANIC_TOLD : PANIC_UNTOLD, NULL);
}
