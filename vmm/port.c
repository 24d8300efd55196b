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

bool port_put(void *device, uint8_t byte)
{
	struct port *port = device;

	if (!port->serial)
		return true;	/* nobody listens: as a line that is not plugged in */
	if (!serial_port_room(port->serial)) {
		serial_port_want_room(port->serial);
		return false;
	}
	serial_port_write(port->serial, &byte, 1);
	return true;
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
