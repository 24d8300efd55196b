/* SPDX-License-Identifier: BSD-2-Clause */
/* A port of the serial server, from the monitor's side: never blocks. */
#ifndef VMM_PORT_H
#define VMM_PORT_H

#include <peervisor/serial_port.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

struct port {
	struct serial_port *serial;	/* NULL: nothing is connected */
	struct serial_port own;
};

void port_open(struct port *port, const struct config_serial *is);
/* For pl011: put is false if there is no room (and the server says when there is); get -1: nothing. */
bool port_put(void *port, uint8_t byte);
int port_get(void *port);

#endif
