/* SPDX-License-Identifier: BSD-2-Clause */
#include "port.h"

void port_open(struct port *port, const struct config_serial *is)
{
	port->open = is->present;
	if (port->open)
		serial_port_init(&port->serial, is->out, is->in, is->kick);
}

bool port_put(void *device, uint8_t byte)
{
	struct port *port = device;

	if (!port->open)
		return true;	/* nobody listens: as a line that is not plugged in */
	if (!serial_port_room(&port->serial)) {
		serial_port_want_room(&port->serial);
		return false;
	}
	serial_port_write(&port->serial, &byte, 1);
	return true;
}

int port_get(void *device)
{
	struct port *port = device;
	uint8_t byte;

	if (!port->open || !serial_port_read(&port->serial, &byte, 1))
		return -1;
	return byte;
}

void port_sleep(struct port *port)
{
	if (port->open)
		serial_port_may_sleep(&port->serial);
}
