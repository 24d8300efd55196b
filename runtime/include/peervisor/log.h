/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of a component, one line each, to its log port; also where stdout
 * and stderr go. Never blocks: what does not fit is dropped and counted, and
 * the count is told when there is room again.
 */
#ifndef PEERVISOR_LOG_H
#define PEERVISOR_LOG_H

#include <peervisor/serial_port.h>

enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
};

/* Property `log-level` of the root node (0 to 3); LOG_INFO without it. */
void log_at(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)		log_at(LOG_ERROR, __VA_ARGS__)
#define log_warning(...)	log_at(LOG_WARNING, __VA_ARGS__)
#define log_info(...)		log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...)		log_at(LOG_DEBUG, __VA_ARGS__)

/* The port behind it, or NULL: for a component that reads its log port's input. */
struct serial_port *log_port(void);

/* Sends it elsewhere from now on: the serial server has no port of its own. */
void log_redirect(void (*write)(const char *bytes, unsigned long length));

#endif
