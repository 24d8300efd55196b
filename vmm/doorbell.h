/* SPDX-License-Identifier: BSD-2-Clause */
/* The doorbells of one connection: writes that are posted, found by their address. */
#ifndef VMM_DOORBELL_H
#define VMM_DOORBELL_H

#include "iobuf.h"
#include "mmio.h"

#define DOORBELL_BUCKETS	64

/* Linux's errno values, which the protocol carries. */
#define NAK_ENOENT	2
#define NAK_EEXIST	17
#define NAK_EINVAL	22
#define NAK_ENOSPC	28

struct doorbell {
	bool used;
	bool match;
	uint8_t length;		/* 0 = any */
	int16_t next;		/* same bucket; -1 = end */
	uint64_t address, data;
};

struct doorbells {
	gpa_t window;		/* where they may lie */
	uint64_t window_size;
	struct doorbell doorbell[IOBUF_DOORBELLS];
	int16_t bucket[DOORBELL_BUCKETS];
};

void doorbell_reset(struct doorbells *all, gpa_t window, uint64_t window_size);

/* Messages that passed ring_check_message. 0, or the NAK_ that answers it. */
unsigned int doorbell_set(struct doorbells *all, const struct iobuf_message *m);
unsigned int doorbell_clear(struct doorbells *all, uint32_t index);

/* The one that this write rings, or -1. */
int doorbell_find(struct doorbells *all, struct mmio_access *access);

#endif
