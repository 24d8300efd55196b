/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's UART: a PL011 (DDI 0183) with as much as Linux's amba-pl011 and an early console
 * use. The transmit FIFO is the ring of the serial port: a byte that the guest has sent is in it, and
 * is not lost whatever becomes of guest and monitor. A guest that sends although the flag register
 * says that the FIFO is full waits at its store until there is room. A driver that was interrupted
 * for room writes half a FIFO without a look at the flags, so the interrupt needs half of it free.
 */
#ifndef VMM_PL011_H
#define VMM_PL011_H

#include <stddef.h>

#include "config.h"
#include "mmio.h"
#include "vgic.h"

#define PL011_FIFO 32

/* The other end of the line. */
struct pl011_line {
	size_t (*room)(void *port);	/* bytes that can be put */
	void (*want_room)(void *port);	/* pl011_poll is to be called when there are more */
	void (*put)(void *port, uint8_t byte);
	int (*get)(void *port);		/* -1: nothing there */
};

struct pl011 {
	struct vgic *gic;
	unsigned int intid;
	const struct pl011_line *line_to;
	void *port;

	uint8_t fifo[PL011_FIFO];
	unsigned int head, count;
	struct vcpu *sender[CONFIG_VCPUS];	/* by vCPU: its store waits for room */
	bool crowded;			/* the port is asked to tell of room */
	uint32_t control, line, ibrd, fbrd, levels, mask, raw;
};

void pl011_init(struct pl011 *uart, struct vgic *gic, unsigned int intid,
		const struct pl011_line *line_to, void *port);
void pl011_reset(struct pl011 *uart);

/* Input came, or room was made. */
void pl011_poll(struct pl011 *uart);

/* mmio_handler */
enum mmio_result pl011_mmio(void *device, struct mmio_access *access);

#endif
