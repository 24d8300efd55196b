// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two threads, two links, event file descriptors as notifications. Each message carries the epoch
 * it was sent in and its number there: nothing is lost, doubled, torn, or of an older run, and a
 * wake-up that does not come within seconds is a lost one. Both sides restart now and then.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pair.h"

#define REQUESTS	60000u
#define RESTART_EVERY	200u
#define DOORBELLS	3u

struct peer {
	struct ring_link link;
	struct ring_tags tags;
	int bell, other_bell;
	uint32_t sent, taken;		/* in this pair of runs */
	uint32_t answered;		/* over all */
	uint32_t doorbells;
	uint32_t sleeps, restarts;
};

static struct pair pages;
static uint32_t finished;
static struct peer driver = { .link.side = RING_DRIVER }, device = { .link.side = RING_DEVICE };

static void check(bool ok, const struct peer *p, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s (status %s, rule %s)\n",
		p == &driver ? "driver" : "device", what, ring_status_text(p->link.status),
		ring_rule_text(p->link.rule));
	abort();
}

static void ring_bell(struct peer *p)
{
	uint64_t one = 1;

	if (ring_must_signal(&p->link))
		check(write(p->other_bell, &one, sizeof(one)) == sizeof(one), p, "eventfd");
}

static void sleep_on_bell(struct peer *p)
{
	struct pollfd wait = { .fd = p->bell, .events = POLLIN };
	uint64_t count;

	p->sleeps++;
	check(poll(&wait, 1, 10000) == 1, p, "a wake-up was lost");
	check(read(p->bell, &count, sizeof(count)) == sizeof(count), p, "eventfd");
}

static void forget(struct peer *p)
{
	ring_tags_reset(&p->tags, IOBUF_DRIVER_REQUESTS);
	p->sent = p->taken = 0;
}

static uint64_t stamp(uint32_t epoch, uint32_t number)
{
	return (uint64_t)epoch << 32 | number;
}

static void take(struct peer *p, struct iobuf_message *m)
{
	uint64_t number = m->op == IOBUF_COMPLETE ? m->data : m->addr / 4;

	check(number == stamp(p->link.peer_epoch, p->taken), p, "message of another run or order");
	p->taken++;
	if (m->op == IOBUF_COMPLETE) {
		check(ring_tags_close(&p->tags, m->tag) >= 0, p, "unknown tag");
		p->answered++;
		return;
	}
	check(m->data == ~m->addr, p, "torn message");
	*m = pair_complete(m->tag);
	m->data = stamp(p->link.epoch, p->sent);
	if (ring_put(&p->link, m))
		p->sent++;
}

static void send_requests(struct peer *p)
{
	struct iobuf_message m = { .op = IOBUF_MMIO_WRITE, .len = 4 };
	int entry;

	while (p->answered + p->sent - p->taken < REQUESTS &&
	       (entry = ring_tags_open(&p->tags, &m.tag)) >= 0) {
		m.addr = stamp(p->link.epoch, p->sent) * 4;
		m.data = ~m.addr;
		if (!ring_put(&p->link, &m)) {
			ring_tags_close(&p->tags, m.tag);
			return;
		}
		p->sent++;
		ring_count(&p->link, p->sent % DOORBELLS);
	}
}

static void pass(struct peer *p)
{
	struct ring_changes changes;
	struct iobuf_message m;

	switch (ring_poll(&p->link)) {
	case RING_UP:
		if (ring_counters_take(&p->link, &changes))
			p->doorbells++;
		while (ring_take(&p->link, &m))
			take(p, &m);
		if (p == &driver)
			send_requests(p);
		break;
	case RING_CHANGED:
		forget(p);
		ring_adopt(&p->link);
		break;
	case RING_DOWN:
	case RING_LOST:
		break;
	default:
		check(false, p, "an honest peer broke a rule");
	}
}

static void maybe_restart(struct peer *p, unsigned int *seed)
{
	if ((unsigned int)rand_r(seed) % RESTART_EVERY)
		return;
	forget(p);
	ring_restart(&p->link);
	p->restarts++;
}

static void *run(void *arg)
{
	struct peer *p = arg;
	unsigned int seed = p == &driver ? 1 : 2;

	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		do {
			pass(p);
			ring_bell(p);
			maybe_restart(p, &seed);
			if (p == &driver && p->answered >= REQUESTS) {
				uint64_t one = 1;

				__atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
				check(write(p->other_bell, &one, sizeof(one)) > 0, p, "eventfd");
				return NULL;
			}
		} while (!ring_may_sleep(&p->link));
		ring_bell(p);
		sleep_on_bell(p);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[2];

	driver.bell = device.other_bell = eventfd(0, 0);
	device.bell = driver.other_bell = eventfd(0, 0);
	forget(&driver);
	forget(&device);
	ring_start(&driver.link, RING_DRIVER, &pages.driver_page, &pages.device_page);
	ring_start(&device.link, RING_DEVICE, &pages.device_page, &pages.driver_page);
	if (pthread_create(&thread[0], NULL, run, &driver) ||
	    pthread_create(&thread[1], NULL, run, &device))
		return 1;
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	printf("%u requests answered; driver: %u sleeps, %u restarts; device: %u sleeps, "
	       "%u restarts, %u looks with doorbells\n", driver.answered, driver.sleeps,
	       driver.restarts, device.sleeps, device.restarts, device.doorbells);
	return 0;
}
