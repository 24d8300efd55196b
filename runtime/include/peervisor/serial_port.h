/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A serial port between a client and the serial server: two pages, one ring of
 * bytes in each direction.
 *
 * Every word of a page is written by its owner only: the client owns `out`, the
 * server owns `in`. So each side could map the other's page read-only, and
 * neither believes the other: an index that makes no sense counts as an empty
 * or a full ring, never as an address. Indices run freely modulo 2^32; the ring
 * size is a power of two.
 *
 * Sending: copy bytes, store `produced` (release), full barrier, and signal if
 * the other side may sleep: its `seen` lies in [old, new). Receiving: take all,
 * store `consumed`; before sleeping store `seen` = last `produced` taken, full
 * barrier, look once more. A full ring drops what comes last and counts it:
 * nobody ever waits for the other side. A client that wants to hear of room
 * sets `want_room` to another value than before; the server signals when it
 * sees the change and the ring has room.
 */
#ifndef PEERVISOR_SERIAL_PORT_H
#define PEERVISOR_SERIAL_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_PORT_PAGE	4096u
#define SERIAL_PORT_RING	2048u

struct serial_port_page {
	uint32_t produced;	/* bytes the owner has put into data, ever */
	uint32_t consumed;	/* bytes the owner has taken from the other page, ever */
	uint32_t seen;		/* the other page's `produced` when the owner last went to sleep */
	uint32_t dropped;	/* bytes the owner had to drop for want of room */
	uint32_t want_room;	/* a change asks for a signal when there is room */
	uint32_t reserved[11];
	uint8_t pad[SERIAL_PORT_PAGE - SERIAL_PORT_RING - 64];
	uint8_t data[SERIAL_PORT_RING];
};

_Static_assert(sizeof(struct serial_port_page) == SERIAL_PORT_PAGE, "one page");
_Static_assert(offsetof(struct serial_port_page, pad) == 64 &&
	       offsetof(struct serial_port_page, data) == 2048, "bindings.md");
_Static_assert((SERIAL_PORT_RING & (SERIAL_PORT_RING - 1)) == 0, "indices wrap");

/* One end of a port. `own` is written here, `peer` is read and never believed. */
struct serial_port {
	struct serial_port_page *own;
	const struct serial_port_page *peer;
	uint64_t kick;		/* cptr to signal the other side; 0: nobody listens */
	uint32_t produced;	/* private copies: the page is output only */
	uint32_t consumed;
	uint32_t dropped;
};

/* Takes both pages as they are at the start: all zero. */
void serial_port_init(struct serial_port *port, uint64_t own, uint64_t peer, uint64_t kick);

/* Bytes that can be written without a drop. */
size_t serial_port_room(const struct serial_port *port);

/* Writes what fits, drops and counts the rest, wakes the other side. Returns bytes taken. */
size_t serial_port_write(struct serial_port *port, const void *bytes, size_t length);

/* Counts bytes that the caller does not even try to write. */
void serial_port_drop(struct serial_port *port, size_t length);

/* Takes up to `length` bytes; 0: nothing there. Never blocks. */
size_t serial_port_read(struct serial_port *port, void *bytes, size_t length);

/* Bytes waiting to be read. */
size_t serial_port_pending(const struct serial_port *port);

/* Before sleeping: true if it is safe to sleep, false if more has come meanwhile. */
bool serial_port_may_sleep(struct serial_port *port);

/* Asks for a signal when the other side has made room. */
void serial_port_want_room(struct serial_port *port);

#endif
