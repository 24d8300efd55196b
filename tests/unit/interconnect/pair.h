/* SPDX-License-Identifier: BSD-2-Clause */
/* Both sides of a connection in one process, over two pages. */
#ifndef TESTS_INTERCONNECT_PAIR_H
#define TESTS_INTERCONNECT_PAIR_H

#include "ring.h"

struct pair {
	_Alignas(4096) struct iobuf_page driver_page;
	_Alignas(4096) struct iobuf_page device_page;
	struct ring_link driver;
	struct ring_link device;
};

static inline void pair_start(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	ring_start(&p->driver, RING_DRIVER, &p->driver_page, &p->device_page);
	ring_start(&p->device, RING_DEVICE, &p->device_page, &p->driver_page);
}

/* One pass of a side's loop, as far as epochs go. */
static inline enum ring_status pair_step(struct ring_link *l)
{
	enum ring_status status = ring_poll(l);

	if (status == RING_CHANGED)
		ring_adopt(l);
	return status;
}

/* Both sides come up within three passes each, whoever started first. */
static inline bool pair_up(struct pair *p)
{
	int i;

	for (i = 0; i < 3; i++) {
		pair_step(&p->driver);
		pair_step(&p->device);
	}
	return ring_poll(&p->driver) == RING_UP && ring_poll(&p->device) == RING_UP;
}

static inline struct iobuf_message pair_mmio(uint32_t tag, uint64_t addr)
{
	struct iobuf_message m = { .op = IOBUF_MMIO_WRITE, .tag = tag, .len = 4, .addr = addr };

	m.data = addr * 3;
	return m;
}

static inline struct iobuf_message pair_complete(uint32_t tag)
{
	struct iobuf_message m = { .op = IOBUF_COMPLETE, .tag = tag, .data = ~(uint64_t)tag };

	return m;
}

#endif
