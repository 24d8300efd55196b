/* SPDX-License-Identifier: BSD-2-Clause */
#include "port.h"

void port_open(struct port *port, const struct config_serial *is)
{
	port->serial = NULL;
	if (!is->present)
		return;
	serial_port_init(&port->own, is->out, is->in, is->kick);
	port->serial = &port->own;
}

static size_t port_room(void *of)
{
	const struct port *port = of;

	return port->serial ? serial_port_room(port->serial) : SERIAL_PORT_RING;
}

static void port_want_room(void *of)
{
	struct port *port = of;

	serial_port_want_room(port->serial);
}

static void port_put(void *of, uint8_t byte)
{
	struct port *port = of;

	if (port->serial)
		serial_port_write(port->serial, &byte, 1);
}

/* Found empty: the server is to signal what comes next, unless it came just now. */
int port_get(void *device)
{
	struct port *port = device;
	uint8_t byte;

	if (!port->serial)
		return -1;
	do {
		if (serial_port_read(port->serial, &byte, 1))
			return byte;
	} while (!serial_port_may_sleep(port->serial));
	return -1;
}

const struct pl011_line port_line = { port_room, port_want_room, port_put, port_get };
