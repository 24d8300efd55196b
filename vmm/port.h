/* SPDX-License-Identifier: BSD-2-Clause */
/* A port of the serial server, from the monitor's side: never blocks. */
#ifndef VMM_PORT_H
#define VMM_PORT_H

#include <peervisor/serial_port.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "pl011.h"

struct port {
	struct serial_port *serial;	/* NULL: nothing is connected */
	struct serial_port own;
};

void port_open(struct port *port, const struct config_serial *is);

/* The console's line (pl011.h). Where nothing is connected, what is sent has gone. */
extern const struct pl011_line port_line;
int port_get(void *port);

#endif
