/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's monitor as the test plays it: a thread that answers like one. */
#ifndef SEL4_VIRT_TEST_MONITOR_H
#define SEL4_VIRT_TEST_MONITOR_H

#include <pthread.h>
#include <stdbool.h>

#include "ring.h"

struct monitor {
	pthread_mutex_t lock;
	int fd;
	uint8_t *registers;
	struct iobuf_page *pages;	/* driver, device */
	struct ring_link link;
	struct ring_tags tags;
	bool running, mute;		/* mute: requests get no answer */
	uint16_t refuse;		/* NAK with this errno */
	struct iobuf_message last, completion;
	unsigned int requests, completions, adoptions, doorbells;
	struct ring_changes seen;	/* or-ed since cleared */
};

extern struct monitor monitor;

void monitor_start(void);
void monitor_signal(void);
void monitor_send(struct iobuf_message m);
void monitor_count(unsigned int counter);
void monitor_restart(void);
#endif
