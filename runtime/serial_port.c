/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <peervisor/serial_port.h>
#include <sel4/sel4.h>

#define MASK	(SERIAL_PORT_RING - 1)

void serial_port_init(struct serial_port *port, uint64_t own, uint64_t peer, uint64_t kick)
{
	*port = (struct serial_port){
		.own = (struct serial_port_page *)(uintptr_t)own,
		.peer = (const struct serial_port_page *)(uintptr_t)peer,
		.kick = kick,
	};
}

size_t serial_port_room(const struct serial_port *port)
{
	/* acquire: pairs with the reader's release of `consumed`; its copies are done */
	uint32_t taken = __atomic_load_n(&port->peer->consumed, __ATOMIC_ACQUIRE);
	uint32_t used = port->produced - taken;

	return used > SERIAL_PORT_RING ? 0 : SERIAL_PORT_RING - used;
}

static void copy_in(struct serial_port *port, const uint8_t *bytes, size_t length)
{
	uint32_t at = port->produced & MASK;
	size_t first = SERIAL_PORT_RING - at;

	if (first > length)
		first = length;
	memcpy(&port->own->data[at], bytes, first);
	memcpy(&port->own->data[0], bytes + first, length - first);
}

void serial_port_drop(struct serial_port *port, size_t length)
{
	port->dropped += (uint32_t)length;
	/* relaxed: a figure, nothing is ordered by it */
	__atomic_store_n(&port->own->dropped, port->dropped, __ATOMIC_RELAXED);
}

size_t serial_port_write(struct serial_port *port, const void *bytes, size_t length)
{
	size_t room = serial_port_room(port);
	size_t taken = length < room ? length : room;
	uint32_t old = port->produced, seen;

	if (taken < length)
		serial_port_drop(port, length - taken);
	if (taken == 0)
		return 0;
	copy_in(port, bytes, taken);
	port->produced += (uint32_t)taken;
	/* release: pairs with the reader's acquire of `produced` */
	__atomic_store_n(&port->own->produced, port->produced, __ATOMIC_RELEASE);
	/* full: pairs with the reader's in serial_port_may_sleep; one of us sees the other */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	seen = __atomic_load_n(&port->peer->seen, __ATOMIC_RELAXED);
	if (seen - old < (uint32_t)taken && port->kick)
		seL4_Signal(port->kick);
	return taken;
}

size_t serial_port_pending(const struct serial_port *port)
{
	/* acquire: pairs with the writer's release of `produced` */
	uint32_t waiting = __atomic_load_n(&port->peer->produced, __ATOMIC_ACQUIRE) -
			   port->consumed;

	return waiting > SERIAL_PORT_RING ? 0 : waiting;
}

size_t serial_port_read(struct serial_port *port, void *bytes, size_t length)
{
	size_t waiting = serial_port_pending(port);
	uint32_t at = port->consumed & MASK;
	size_t first = SERIAL_PORT_RING - at;

	if (length > waiting)
		length = waiting;
	if (length == 0)
		return 0;
	if (first > length)
		first = length;
	memcpy(bytes, &port->peer->data[at], first);
	memcpy((uint8_t *)bytes + first, &port->peer->data[0], length - first);
	port->consumed += (uint32_t)length;
	/* release: pairs with the writer's acquire of `consumed` */
	__atomic_store_n(&port->own->consumed, port->consumed, __ATOMIC_RELEASE);
	return length;
}

bool serial_port_may_sleep(struct serial_port *port)
{
	uint32_t produced = port->consumed;

	/* relaxed: ordered by the full barrier, which pairs with serial_port_write's */
	__atomic_store_n(&port->own->seen, produced, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return serial_port_pending(port) == 0;
}

void serial_port_want_room(struct serial_port *port)
{
	/* relaxed: a hint; the peer looks at it each time it has made room */
	uint32_t now = __atomic_load_n(&port->own->want_room, __ATOMIC_RELAXED);

	__atomic_store_n(&port->own->want_room, now + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (port->kick)
		seL4_Signal(port->kick);
}
