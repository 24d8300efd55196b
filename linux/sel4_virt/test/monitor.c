// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor.h"

struct monitor monitor = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The upcall. Its handler runs in this call: never under `lock` while the module may ring back. */
void monitor_signal(void)
{
	if (write(monitor.fd, "", 1) != 1)
		abort();
}

static void answer(const struct iobuf_message *m)
{
	struct iobuf_message a = { .op = IOBUF_ACK, .tag = m->tag };

	monitor.last = *m;
	monitor.requests++;
	if (monitor.mute)
		return;
	if (monitor.refuse) {
		a.op = IOBUF_NAK;
		a.status = monitor.refuse;
	}
	ring_put(&monitor.link, &a);
}

static void take_all(void)
{
	struct ring_changes changes;
	struct iobuf_message m;

	if (ring_counters_take(&monitor.link, &changes)) {
		monitor.seen.changed[0] |= changes.changed[0];
		monitor.seen.changed[1] |= changes.changed[1];
		monitor.seen.level = changes.level;
	}
	while (ring_take(&monitor.link, &m)) {
		if (m.op != IOBUF_COMPLETE) {
			answer(&m);
			continue;
		}
		ring_tags_close(&monitor.tags, m.tag);
		monitor.completion = m;
		monitor.completions++;
	}
}

static bool run(void)
{
	do {
		switch (ring_poll(&monitor.link)) {
		case RING_UP:
			take_all();
			break;
		case RING_CHANGED:
			ring_tags_reset(&monitor.tags, IOBUF_DRIVER_REQUESTS);
			ring_adopt(&monitor.link);
			monitor.adoptions++;
			break;
		default:
			break;
		}
	} while (!ring_may_sleep(&monitor.link));
	return ring_must_signal(&monitor.link);
}

/* Wakes by the doorbell alone: a signal that the module owes and does not send hangs the test. */
static void *thread(void *arg)
{
	uint32_t *bell = (uint32_t *)(monitor.registers + CONNECTOR_DOORBELL);
	bool signal;

	for (;;) {
		if (!__atomic_exchange_n(bell, 0, __ATOMIC_SEQ_CST)) {
			usleep(50);
			continue;
		}
		pthread_mutex_lock(&monitor.lock);
		monitor.doorbells++;
		signal = monitor.running && run();
		pthread_mutex_unlock(&monitor.lock);
		if (signal)
			monitor_signal();
	}
	return NULL;
}

static void *map_file(off_t offset, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, monitor.fd, offset);

	if (p == MAP_FAILED) {
		perror("/dev/fake_connector: mmap");
		exit(1);
	}
	return p;
}

void monitor_start(void)
{
	pthread_t id;

	monitor.fd = open("/dev/fake_connector", O_RDWR);
	if (monitor.fd < 0) {
		perror("/dev/fake_connector");
		exit(1);
	}
	monitor.registers = map_file(0, CONNECTOR_REGISTERS_SIZE);
	monitor.pages = map_file(4096, CONNECTOR_IOBUF_SIZE);
	if (pthread_create(&id, NULL, thread, NULL))
		abort();
}

static void flush(bool signal)
{
	pthread_mutex_unlock(&monitor.lock);
	if (signal)
		monitor_signal();
}

/* The first call is the monitor's first start. */
void monitor_restart(void)
{
	pthread_mutex_lock(&monitor.lock);
	ring_tags_reset(&monitor.tags, IOBUF_DRIVER_REQUESTS);
	if (monitor.running)
		ring_restart(&monitor.link);
	else
		ring_start(&monitor.link, RING_DRIVER, &monitor.pages[0], &monitor.pages[1]);
	monitor.running = true;
	flush(run());
}

void monitor_send(struct iobuf_message m)
{
	bool put;

	pthread_mutex_lock(&monitor.lock);
	ring_poll(&monitor.link);
	ring_tags_open(&monitor.tags, &m.tag);
	put = ring_put(&monitor.link, &m);
	if (!put)
		fprintf(stderr, "monitor: the link is %s\n", ring_status_text(monitor.link.status));
	flush(ring_must_signal(&monitor.link));
}

void monitor_count(unsigned int counter)
{
	pthread_mutex_lock(&monitor.lock);
	ring_poll(&monitor.link);
	ring_count(&monitor.link, counter);
	flush(ring_must_signal(&monitor.link));
}
