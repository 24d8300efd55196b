// SPDX-License-Identifier: BSD-2-Clause
/*
 * A peer that writes rubbish into its page, mixed with just enough of the protocol to get far.
 * The side under test must name a broken rule or go on: every pass ends, nothing outside its own
 * page and struct is touched (guards, ASan), and a restart brings it back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>

#include "pair.h"

#define PASSES		200000u
#define TAKES		IOBUF_RING_SLOTS	/* one pass takes at most a ring */

struct victim {
	uint64_t guard_before[64];
	struct ring_link link;
	uint64_t guard_after[64];
	struct ring_tags tags;
	uint32_t ups, messages, broken[RING_RULES];
};

static struct {
	_Alignas(4096) uint8_t guard_before[4096];
	struct iobuf_page own;
	uint8_t guard_after[4096];
	struct iobuf_page peer;
} pages;

static uint32_t stop;

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A message of the right direction that one random field spoils, now and then. */
static void write_message(uint32_t at, enum ring_side from, uint64_t *seed)
{
	struct iobuf_message m = { .len = 4 };
	struct iobuf_slot slot;
	unsigned int w;

	m.op = (uint32_t)next_random(seed) % 10;
	if (from == RING_DEVICE)
		m.op = 0x10 + m.op % 7;
	m.tag = (uint32_t)next_random(seed) % 16;
	if (next_random(seed) % 4 == 0)
		((uint8_t *)&m)[next_random(seed) % sizeof(m)] = (uint8_t)next_random(seed);
	memcpy(&slot, &m, sizeof(slot));
	for (w = 0; w < IOBUF_MESSAGE_WORDS; w++)
		shared_store64(&pages.peer.ring[at % IOBUF_RING_SLOTS].word[w], slot.word[w]);
}

static void attack(enum ring_side from, uint64_t *seed)
{
	struct iobuf_page *page = &pages.peer;
	uint32_t *words = (uint32_t *)page;
	uint32_t produced = shared_load(&page->produced);

	switch (next_random(seed) % 12) {
	case 0: case 1: case 2: case 3:
		write_message(produced, from, seed);
		shared_store_release(&page->produced, produced + 1);
		break;
	case 4: case 5:
		shared_store(&page->magic, IOBUF_MAGIC);
		shared_store(&page->version, IOBUF_VERSION);
		shared_store(&page->state, IOBUF_STATE_RUNNING);
		shared_store(&page->produced, shared_load(&pages.own.consumed));
		shared_store(&page->consumed, shared_load(&pages.own.produced));
		shared_store_release(&page->peer_epoch, shared_load(&pages.own.epoch));
		break;
	case 6:
		shared_store(&page->consumed, shared_load(&pages.own.produced));
		break;
	case 7:
		shared_store(&page->counters_total, (uint32_t)next_random(seed));
		shared_store(&page->group_total[next_random(seed) % 8], (uint32_t)*seed);
		shared_store(&page->counter[next_random(seed) % 128], (uint32_t)(*seed >> 32));
		break;
	case 8:
		if (next_random(seed) % 64 == 0)
			shared_store(&page->epoch, (uint32_t)next_random(seed) % 4);
		break;
	case 9:
		if (next_random(seed) % 32 == 0)
			shared_store(&words[next_random(seed) % 8], (uint32_t)*seed);
		break;
	default:
		if (next_random(seed) % 8 == 0)
			shared_store(&words[next_random(seed) % 1024], (uint32_t)(*seed >> 32));
	}
}

static void act_on(struct victim *v, const struct iobuf_message *m)
{
	struct iobuf_message answer = { .op = IOBUF_ACK, .tag = m->tag };
	int entry = ring_tags_enter(&v->tags, m->tag);

	v->messages++;
	if (m->op == IOBUF_COMPLETE || m->op == IOBUF_ACK || m->op == IOBUF_NAK)
		entry = ring_tags_close(&v->tags, m->tag);
	if (entry < 0) {
		ring_fail(&v->link, (enum ring_rule)-entry);
		return;
	}
	if (m->op != IOBUF_COMPLETE && v->link.side == RING_DEVICE)
		answer.op = IOBUF_COMPLETE;
	if (m->tag % 2 && ring_tags_close(&v->tags, m->tag) >= 0)	/* even ones: never answered */
		ring_put(&v->link, &answer);
}

static void victim_pass(struct victim *v)
{
	struct ring_changes changes;
	struct iobuf_message m;
	unsigned int i = 0;

	switch (ring_poll(&v->link)) {
	case RING_UP:
		v->ups++;
		if (ring_counters_take(&v->link, &changes))
			ring_count(&v->link, (unsigned int)(changes.changed[0] % IOBUF_COUNTERS));
		while (i++ < TAKES && ring_take(&v->link, &m))
			act_on(v, &m);
		break;
	case RING_CHANGED:
		ring_tags_reset(&v->tags, IOBUF_DRIVER_REQUESTS);
		ring_adopt(&v->link);
		break;
	case RING_FAILED:
		assert_int_not_equal(v->link.rule, RING_RULE_NONE);
		assert_in_range(v->link.rule, 1, RING_RULES - 1);
		v->broken[v->link.rule]++;
		/* fall through */
	default:
		ring_tags_reset(&v->tags, IOBUF_DRIVER_REQUESTS);
		ring_restart(&v->link);
	}
	ring_must_signal(&v->link);
	ring_may_sleep(&v->link);
}

static void guards_set(struct victim *v)
{
	memset(&pages, 0, sizeof(pages));
	memset(v, 0, sizeof(*v));
	memset(pages.guard_before, 0x77, sizeof(pages.guard_before));
	memset(pages.guard_after, 0x77, sizeof(pages.guard_after));
	memset(v->guard_before, 0x77, sizeof(v->guard_before));
	memset(v->guard_after, 0x77, sizeof(v->guard_after));
	ring_tags_reset(&v->tags, IOBUF_DRIVER_REQUESTS);
}

static void guards_check(const struct victim *v)
{
	size_t i;

	for (i = 0; i < sizeof(pages.guard_before); i++)
		assert_true(pages.guard_before[i] == 0x77 && pages.guard_after[i] == 0x77);
	for (i = 0; i < 64; i++)
		assert_true(v->guard_before[i] == 0x7777777777777777ull &&
			    v->guard_after[i] == 0x7777777777777777ull);
}

static void report(const struct victim *v)
{
	unsigned int i;

	printf("up %u times, %u messages; broken:", v->ups, v->messages);
	for (i = 1; i < RING_RULES; i++)
		if (v->broken[i])
			printf(" %u of %u", v->broken[i], i);
	printf("\n");
}

/* Repeatable: attack and victim take turns, the numbers say the test reaches what it is about. */
static void turns(enum ring_side side)
{
	enum ring_side from = side == RING_DRIVER ? RING_DEVICE : RING_DRIVER;
	static struct victim v;
	uint64_t seed = 0x5e14 + (uint64_t)side;
	unsigned int i, kinds = 0;

	guards_set(&v);
	ring_start(&v.link, side, &pages.own, &pages.peer);
	for (i = 0; i < PASSES; i++) {
		attack(from, &seed);
		if (next_random(&seed) % 2)
			victim_pass(&v);
	}
	guards_check(&v);
	report(&v);
	for (i = 1; i < RING_RULES; i++)
		kinds += v.broken[i] != 0;
	assert_true(v.ups > 1000 && v.messages > 1000 && kinds >= 8);
}

static void hostile_device_in_turns(void **state)
{
	(void)state;
	turns(RING_DRIVER);
}

static void hostile_driver_in_turns(void **state)
{
	(void)state;
	turns(RING_DEVICE);
}

static void *attacker(void *arg)
{
	enum ring_side from = *(enum ring_side *)arg;
	uint64_t seed = 99;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		attack(from, &seed);
	return NULL;
}

/* At the same time: the page changes between any two loads. */
static void at_once(enum ring_side side)
{
	enum ring_side from = side == RING_DRIVER ? RING_DEVICE : RING_DRIVER;
	static struct victim v;
	pthread_t thread;
	unsigned int i;

	guards_set(&v);
	ring_start(&v.link, side, &pages.own, &pages.peer);
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	assert_int_equal(pthread_create(&thread, NULL, attacker, &from), 0);
	for (i = 0; i < PASSES / 4; i++)
		victim_pass(&v);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	guards_check(&v);
	report(&v);
}

static void hostile_device_at_once(void **state)
{
	(void)state;
	at_once(RING_DRIVER);
}

static void hostile_driver_at_once(void **state)
{
	(void)state;
	at_once(RING_DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_device_in_turns),
		cmocka_unit_test(hostile_driver_in_turns),
		cmocka_unit_test(hostile_device_at_once),
		cmocka_unit_test(hostile_driver_at_once),
	};

	return cmocka_run_group_tests_name("ring-hostile", tests, NULL, NULL);
}
