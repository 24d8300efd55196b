/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's UART: a PL011 (DDI 0183) with as much as Linux's amba-pl011 and an early console
 * use. What is sent goes out at once; what the serial port has no room for waits in the FIFO. A driver
 * that was interrupted for room writes half a FIFO without a look at the flags, so that interrupt comes
 * only with half of it free.
 */
#ifndef VMM_PL011_H
#define VMM_PL011_H

#include "mmio.h"
#include "vgic.h"

#define PL011_FIFO 32

struct pl011 {
	struct vgic *gic;
	unsigned int intid;
	/* The other end. put: false if there is no room; get: -1 if there is nothing. */
	bool (*put)(void *port, uint8_t byte);
	int (*get)(void *port);
	void *port;

	uint8_t fifo[PL011_FIFO];
	unsigned int head, count;
	uint8_t out[PL011_FIFO];	/* waits for room */
	unsigned int out_head, out_count;
	uint32_t control, line, ibrd, fbrd, levels, mask, raw;
};

void pl011_init(struct pl011 *uart, struct vgic *gic, unsigned int intid,
		bool (*put)(void *, uint8_t), int (*get)(void *), void *port);
void pl011_reset(struct pl011 *uart);

/* Input came, or room was made. */
void pl011_poll(struct pl011 *uart);

/* mmio_handler */
enum mmio_result pl011_mmio(void *device, struct mmio_access *access);

#endif
