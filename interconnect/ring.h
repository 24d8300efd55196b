/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The operations on a pair of iobuf pages, for both sides: epochs, messages, counters, wake-ups.
 * docs/interconnect.md is the prose, tests/model/ the model. Rules of use:
 *  - One struct ring_link per connection and side; its caller serialises all calls on it.
 *  - Nothing waits here. A caller's loop is:
 *	do {
 *		switch (ring_poll(l)) {
 *		case RING_UP:      ring_counters_take(), then ring_take() until 0; act on each
 *		case RING_CHANGED: drop all that is outstanding, then ring_adopt()
 *		default:           drop all that is outstanding
 *		}
 *	} while (!ring_may_sleep(l));
 *	if (ring_must_signal(l))
 *		signal the other side;
 *    A hostile peer can always have something new: bound the loop's passes and come back later.
 *    A COMPLETE says that counters and level of before it stand: take the counters again before
 *    acting on one (ring_take is ordered so that this sees them).
 *  - What the other side wrote is copied once, then checked; a breach is a ring_rule, the link is
 *    failed by then and stays so until either side restarts.
 */
#ifndef INTERCONNECT_RING_H
#define INTERCONNECT_RING_H

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

#include "atomics.h"
#include "iobuf.h"

enum ring_side {
	RING_DRIVER,		/* owns page driver: the driver VM's monitor */
	RING_DEVICE,		/* owns page device: the device VM's module */
};

/* What a peer can break. */
enum ring_rule {
	RING_RULE_NONE = 0,
	RING_RULE_MAGIC,
	RING_RULE_PRODUCED,
	RING_RULE_CONSUMED,
	RING_RULE_FULL,
	RING_RULE_OP,
	RING_RULE_LENGTH,
	RING_RULE_ADDRESS,
	RING_RULE_SPACE,
	RING_RULE_FIELD,
	RING_RULE_TAG_UNKNOWN,
	RING_RULE_TAG_TWICE,
	RING_RULE_TOO_MANY,
	RING_RULES,
};

enum ring_status {
	RING_DOWN,		/* not up yet in this pair of runs */
	RING_UP,
	RING_CHANGED,		/* the other side is in a new run: drop everything, ring_adopt */
	RING_LOST,		/* was up, the other side withdrew; its new run is to come */
	RING_PEER_FAILED,	/* the other side says this one broke a rule: only a restart helps */
	RING_FAILED,		/* the other side broke link->rule */
};

struct ring_link {
	struct iobuf_page *own;
	const struct iobuf_page *peer;
	enum ring_side side;
	enum ring_status status;	/* as the last ring_poll said */
	enum ring_rule rule;		/* why the link failed */
	bool was_up;			/* in this pair of runs; going down ends the pair */
	bool tell;			/* epoch or state changed: signal whatever the indices say */

	/* Own copies: nothing that another could change is read back. */
	uint32_t epoch;
	uint32_t peer_epoch;
	uint32_t produced;
	uint32_t told_produced;		/* at the last ring_must_signal */
	uint32_t total;
	uint32_t told_total;
	uint64_t level;
	uint32_t consumed;		/* = messages of the peer's taken */
	uint32_t peer_consumed;
	uint32_t peer_total;
	uint32_t peer_group[IOBUF_GROUPS];
	uint32_t peer_counter[IOBUF_COUNTERS];
};

/* Counters that moved since the last look, bit i % 64 of word i / 64. */
struct ring_changes {
	uint64_t changed[IOBUF_COUNTERS / 64];
	uint64_t level;			/* of the lines now, page device only */
};

static inline const char *ring_rule_text(enum ring_rule rule)
{
	switch (rule) {
	case RING_RULE_NONE:		return "no rule";
	case RING_RULE_MAGIC:		return "magic and version are this protocol's";
	case RING_RULE_PRODUCED:	return "produced is at most 32 ahead of what was taken";
	case RING_RULE_CONSUMED:	return "consumed is at most what was produced";
	case RING_RULE_FULL:		return "the limits on requests keep a ring from filling";
	case RING_RULE_OP:		return "op is one that this side may send";
	case RING_RULE_LENGTH:		return "len is 1, 2, 4 or 8 (configuration space: up to 4)";
	case RING_RULE_ADDRESS:		return "an access is aligned and in its space";
	case RING_RULE_SPACE:		return "space is a function or an index that exists";
	case RING_RULE_FIELD:		return "fields an op does not use are 0, values in range";
	case RING_RULE_TAG_UNKNOWN:	return "an answer has the tag of an unanswered request";
	case RING_RULE_TAG_TWICE:	return "unanswered requests have different tags";
	case RING_RULE_TOO_MANY:	return "unanswered requests are at most 8 and 16";
	case RING_RULES:		break;
	}
	return "unknown rule";
}

static inline const char *ring_status_text(enum ring_status status)
{
	switch (status) {
	case RING_DOWN:		return "down";
	case RING_UP:		return "up";
	case RING_CHANGED:	return "the other side restarted";
	case RING_LOST:		return "the other side withdrew";
	case RING_PEER_FAILED:	return "failed by the other side";
	case RING_FAILED:	return "failed";
	}
	return "unknown status";
}

/* ---- epochs ---- */

/* Own page, all that counts from 0 in a new pair of runs. peer_epoch is 0 meanwhile. */
static inline void ring_zero(struct ring_link *l)
{
	struct iobuf_page *own = l->own;
	unsigned int i, w;

	shared_store(&own->produced, 0);
	shared_store(&own->consumed, 0);
	shared_store(&own->wake_produced, 0);
	shared_store(&own->wake_counters, 0);
	for (i = 0; i < IOBUF_COUNTERS; i++)
		shared_store(&own->counter[i], 0);
	for (i = 0; i < IOBUF_GROUPS; i++)
		shared_store(&own->group_total[i], 0);
	shared_store64(&own->level, 0);
	shared_store(&own->counters_total, 0);
	for (i = 0; i < IOBUF_RING_SLOTS; i++)
		for (w = 0; w < IOBUF_MESSAGE_WORDS; w++)
			shared_store64(&own->ring[i].word[w], 0);

	l->produced = l->told_produced = 0;
	l->total = l->told_total = 0;
	l->level = 0;
	l->consumed = l->peer_consumed = 0;
	l->peer_total = 0;
	memset(l->peer_group, 0, sizeof(l->peer_group));
	memset(l->peer_counter, 0, sizeof(l->peer_counter));
	l->rule = RING_RULE_NONE;
	l->was_up = false;
}

/* Withdraw: whoever reads this page from now on finds that it does not count for him. */
static inline void ring_withdraw(struct ring_link *l)
{
	shared_store(&l->own->peer_epoch, 0);
	shared_full_fence();	/* before zeroing: pairs with the fence in ring_still_up */
	ring_zero(l);
}

/* The link is dead until either side restarts. The caller signals by ring_must_signal. */
static inline void ring_fail(struct ring_link *l, enum ring_rule rule)
{
	l->rule = rule;
	l->status = RING_FAILED;
	l->tell = true;
	shared_store_release(&l->own->state, IOBUF_STATE_FAILED);
}

/* Count for the other side's present run. What was outstanding is dropped by the caller before. */
static inline void ring_adopt(struct ring_link *l)
{
	uint32_t epoch;

	ring_withdraw(l);
	epoch = shared_load_acquire(&l->peer->epoch);
	l->peer_epoch = epoch;
	l->status = RING_DOWN;
	shared_store(&l->own->state, epoch ? IOBUF_STATE_RUNNING : IOBUF_STATE_READY);
	if (epoch && (shared_load(&l->peer->magic) != IOBUF_MAGIC ||
		      shared_load(&l->peer->version) != IOBUF_VERSION))
		ring_fail(l, RING_RULE_MAGIC);
	shared_store_release(&l->own->peer_epoch, epoch);	/* after zeroing */
	shared_full_fence();	/* before the next look at peer_epoch: pairs with ring_withdraw */
	l->tell = true;
}

/*
 * A name for a new run that no recent run had: one more than the last, which the own page still
 * says. (The other's peer_epoch + 1 would not do: it is 0 while the other adopts, so a name could
 * come back and the other's late adoption of the older run end the newer: tests/model/epochs.pml.)
 */
static inline uint32_t ring_next_epoch(const struct ring_link *l)
{
	uint32_t taken = shared_load_acquire(&l->peer->peer_epoch);
	uint32_t epoch = shared_load(&l->own->epoch) + 1;

	while (!epoch || epoch == taken)	/* the page may have held anything */
		epoch++;
	return epoch;
}

/* A new run of this side: at start, at a reset of the driver VM, when the VM descriptor closes. */
static inline void ring_restart(struct ring_link *l)
{
	struct iobuf_page *own = l->own;
	uint32_t epoch;

	ring_withdraw(l);
	epoch = ring_next_epoch(l);
	shared_store(&own->magic, IOBUF_MAGIC);
	shared_store(&own->version, IOBUF_VERSION);
	shared_store(&own->state, IOBUF_STATE_READY);
	l->epoch = epoch;
	shared_store_release(&own->epoch, epoch);
	ring_adopt(l);
}

/* Once per boot of this side; the pages may hold anything. */
static inline void ring_start(struct ring_link *l, enum ring_side side, struct iobuf_page *own,
			      const struct iobuf_page *peer)
{
	memset(l, 0, sizeof(*l));
	l->own = own;
	l->peer = peer;
	l->side = side;
	ring_restart(l);
}

/*
 * Are both pages still in the runs that this link is up for? After every copy, before its use.
 * peer_epoch first: a restart withdraws it, zeroes, changes epoch, and may then adopt again. Who
 * looked at epoch first could see it before the change and peer_epoch after the adoption.
 */
static inline bool ring_still_up(const struct ring_link *l)
{
	shared_acquire_fence();
	return shared_load_acquire(&l->peer->peer_epoch) == l->epoch &&
	       shared_load(&l->peer->epoch) == l->peer_epoch;
}

/* Where the link stands; nothing else of the other page may be read unless this says up. */
static inline enum ring_status ring_poll(struct ring_link *l)
{
	uint32_t counts_for = shared_load_acquire(&l->peer->peer_epoch);	/* first, as above */
	uint32_t epoch = shared_load_acquire(&l->peer->epoch);

	if (epoch != l->peer_epoch || l->status == RING_CHANGED)
		return l->status = RING_CHANGED;	/* until ring_adopt */
	if (l->rule != RING_RULE_NONE)
		return l->status = RING_FAILED;
	if (!epoch)
		return l->status = RING_DOWN;
	if (counts_for != l->epoch)
		return l->status = l->was_up ? RING_LOST : RING_DOWN;
	if (l->status == RING_LOST || l->status == RING_PEER_FAILED)
		return l->status;	/* withdrew and came back as the same run: not a run */
	if (shared_load(&l->peer->state) == IOBUF_STATE_FAILED)
		return l->status = RING_PEER_FAILED;
	l->was_up = true;
	return l->status = RING_UP;
}

/*
 * Does the other side serve no earlier run of this one? It withdraws its peer_epoch when it has
 * dropped all of a run, or when its VM ends, before it serves the next one.
 */
static inline bool ring_peer_released(const struct ring_link *l)
{
	uint32_t serves = shared_load_acquire(&l->peer->peer_epoch);

	return !serves || serves == l->epoch;
}

/* ---- messages ---- */

static inline enum ring_rule ring_check_access(const struct iobuf_message *m, uint16_t longest)
{
	if (!m->len || m->len > longest || (m->len & (m->len - 1)))
		return RING_RULE_LENGTH;
	if (m->addr & (m->len - 1u))
		return RING_RULE_ADDRESS;
	if (m->status || m->arg[0] || m->arg[1] || m->arg[2] || m->arg[3])
		return RING_RULE_FIELD;
	return RING_RULE_NONE;
}

static inline enum ring_rule ring_check_config(const struct iobuf_message *m)
{
	if (m->space > 0xffff)
		return RING_RULE_SPACE;
	if (m->addr >= 0x1000)
		return RING_RULE_ADDRESS;
	return ring_check_access(m, 4);
}

static inline enum ring_rule ring_check_pci(const struct iobuf_message *m)
{
	struct iobuf_pci_function f;
	unsigned int i;

	if (m->space > 0xffff)
		return RING_RULE_SPACE;
	if (m->op == IOBUF_PCI_REMOVE)
		return RING_RULE_NONE;
	iobuf_pci_unpack(m, &f);
	for (i = 0; i < IOBUF_PCI_BARS; i++) {
		if (f.bar_flags[i] & ~(IOBUF_BAR_64 | IOBUF_BAR_PREFETCH))
			return RING_RULE_FIELD;
		if (f.bar_log2[i] && (f.bar_log2[i] < 4 || f.bar_log2[i] > 40))
			return RING_RULE_FIELD;
		if ((f.bar_flags[i] & IOBUF_BAR_64) ?
		    i == IOBUF_PCI_BARS - 1 || f.bar_log2[i + 1] : f.bar_log2[i] > 31)
			return RING_RULE_FIELD;
	}
	if (f.msix_bar == IOBUF_PCI_NO_MSIX)
		return RING_RULE_NONE;
	if (f.msix_bar >= IOBUF_PCI_BARS || !f.bar_log2[f.msix_bar] || !f.msix_entries ||
	    f.msix_entries > IOBUF_PCI_MSIX_ENTRIES || (f.msix_offset & 7) ||
	    f.msix_offset + 16ull * f.msix_entries > 1ull << f.bar_log2[f.msix_bar])
		return RING_RULE_FIELD;
	return RING_RULE_NONE;
}

static inline enum ring_rule ring_check_doorbell(const struct iobuf_message *m)
{
	if (m->space >= IOBUF_DOORBELLS)
		return RING_RULE_SPACE;
	if (m->op == IOBUF_DOORBELL_CLEAR)
		return RING_RULE_NONE;
	if (m->arg[0] & ~IOBUF_DOORBELL_MATCH)
		return RING_RULE_FIELD;
	if (m->len > 8 || (m->len & (m->len - 1)) ||
	    (!m->len && (m->arg[0] & IOBUF_DOORBELL_MATCH)))
		return RING_RULE_LENGTH;
	if (m->len && (m->addr & (m->len - 1u)))
		return RING_RULE_ADDRESS;
	return RING_RULE_NONE;
}

/* What a message says by itself; tags and what functions exist are the caller's. */
static inline enum ring_rule ring_check_message(enum ring_side from, const struct iobuf_message *m)
{
	if (from == RING_DRIVER) {
		switch (m->op) {
		case IOBUF_MMIO_READ:
		case IOBUF_MMIO_WRITE:
			return ring_check_access(m, 8);
		case IOBUF_CFG_READ:
		case IOBUF_CFG_WRITE:
			return ring_check_config(m);
		case IOBUF_ACK:
			return m->status ? RING_RULE_FIELD : RING_RULE_NONE;
		case IOBUF_NAK:
			return m->status && m->status < 4096 ? RING_RULE_NONE : RING_RULE_FIELD;
		default:
			return RING_RULE_OP;
		}
	}
	switch (m->op) {
	case IOBUF_COMPLETE:
		return m->status < 4096 ? RING_RULE_NONE : RING_RULE_FIELD;
	case IOBUF_PCI_ADD:
	case IOBUF_PCI_REMOVE:
		return ring_check_pci(m);
	case IOBUF_DOORBELL_SET:
	case IOBUF_DOORBELL_CLEAR:
		return ring_check_doorbell(m);
	case IOBUF_VM_START:
		return RING_RULE_NONE;
	default:
		return RING_RULE_OP;
	}
}

/*
 * Put a message into the own ring. False: not up (drop it), or the peer's consumed breaks a rule;
 * link->status and link->rule say which. Call only while the last ring_poll said up.
 */
static inline bool ring_put(struct ring_link *l, const struct iobuf_message *m)
{
	uint32_t consumed = shared_load_acquire(&l->peer->consumed);
	struct iobuf_slot copy, *slot;
	unsigned int w;

	if (l->status != RING_UP || !ring_still_up(l))
		return false;
	if (consumed - l->peer_consumed > l->produced - l->peer_consumed) {
		ring_fail(l, RING_RULE_CONSUMED);
		return false;
	}
	l->peer_consumed = consumed;
	if (l->produced - consumed >= IOBUF_RING_SLOTS) {
		ring_fail(l, RING_RULE_FULL);
		return false;
	}
	memcpy(&copy, m, sizeof(copy));
	slot = &l->own->ring[l->produced % IOBUF_RING_SLOTS];
	for (w = 0; w < IOBUF_MESSAGE_WORDS; w++)
		shared_store64(&slot->word[w], copy.word[w]);
	l->produced++;
	shared_store_release(&l->own->produced, l->produced);
	return true;
}

/*
 * Take the next message of the other side into *m. True: one was taken, it is complete, of this
 * run, and passed ring_check_message. False: nothing there, or not up any more, or failed.
 */
static inline bool ring_take(struct ring_link *l, struct iobuf_message *m)
{
	uint32_t produced = shared_load_acquire(&l->peer->produced);
	const struct iobuf_slot *slot = &l->peer->ring[l->consumed % IOBUF_RING_SLOTS];
	struct iobuf_slot copy;
	enum ring_rule rule;
	unsigned int w;

	if (l->status != RING_UP || produced == l->consumed)
		return false;
	for (w = 0; w < IOBUF_MESSAGE_WORDS; w++)
		copy.word[w] = shared_load64(&slot->word[w]);
	if (!ring_still_up(l))
		return false;
	if (produced - l->consumed > IOBUF_RING_SLOTS) {
		ring_fail(l, RING_RULE_PRODUCED);
		return false;
	}
	memcpy(m, &copy, sizeof(*m));
	rule = ring_check_message(l->side == RING_DRIVER ? RING_DEVICE : RING_DRIVER, m);
	if (rule != RING_RULE_NONE) {
		ring_fail(l, rule);
		return false;
	}
	l->consumed++;
	shared_store_release(&l->own->consumed, l->consumed);	/* after the copy */
	return true;
}

/* ---- counters and levels ---- */

static inline void ring_count_total(struct ring_link *l)
{
	l->total++;
	shared_store_release(&l->own->counters_total, l->total);
}

/* One more of counter `index` (below IOBUF_COUNTERS). False: the link is not up, nothing counted. */
static inline bool ring_count(struct ring_link *l, unsigned int index)
{
	struct iobuf_page *own = l->own;
	uint32_t *group = &own->group_total[index / IOBUF_GROUP_SIZE];

	if (l->status != RING_UP || !ring_still_up(l))
		return false;
	shared_store(&own->counter[index], shared_load(&own->counter[index]) + 1);
	shared_store_release(group, shared_load(group) + 1);	/* after counter */
	ring_count_total(l);					/* after group */
	return true;
}

/* Assert or clear a line. Device side only. False: the link is not up. */
static inline bool ring_set_level(struct ring_link *l, unsigned int line, bool on)
{
	uint64_t bit = 1ull << line;
	uint64_t level = on ? l->level | bit : l->level & ~bit;

	if (l->status != RING_UP || !ring_still_up(l))
		return false;
	if (level == l->level)
		return true;
	l->level = level;
	shared_store64(&l->own->level, level);
	ring_count_total(l);	/* releases level */
	return true;
}

/* Notes which counters of the group moved; gives by how much its sum did. */
static inline uint32_t ring_group_take(struct ring_link *l, unsigned int group,
				       struct ring_changes *out)
{
	uint32_t sum = shared_load_acquire(&l->peer->group_total[group]);
	uint32_t moved = sum - l->peer_group[group], seen = 0;
	unsigned int i = group * IOBUF_GROUP_SIZE, end = i + IOBUF_GROUP_SIZE;

	l->peer_group[group] = sum;
	for (; i < end && seen < moved; i++) {
		uint32_t now = shared_load(&l->peer->counter[i]);

		if (now == l->peer_counter[i])
			continue;
		out->changed[i / 64] |= 1ull << (i % 64);
		seen += now - l->peer_counter[i];
		l->peer_counter[i] = now;
	}
	return moved;
}

/*
 * What moved since the last call. False: nothing, or the link is not up any more. A counter that
 * moves while this runs is seen now or by the next call, never by neither: the look ends when as much
 * was found as the sums say. What is found beyond that was counted after the sum was read, and for
 * each of it the sum will move once more; so what it kept from being found now is found then.
 */
static inline bool ring_counters_take(struct ring_link *l, struct ring_changes *out)
{
	uint32_t total = shared_load_acquire(&l->peer->counters_total), seen = 0;
	unsigned int group;

	out->changed[0] = out->changed[1] = 0;
	out->level = 0;
	if (l->status != RING_UP || total == l->peer_total)
		return false;
	for (group = 0; group < IOBUF_GROUPS && seen < total - l->peer_total; group++)
		seen += ring_group_take(l, group, out);
	out->level = shared_load64(&l->peer->level) & ((1u << IOBUF_LINES) - 1);
	l->peer_total = total;
	return ring_still_up(l);	/* if not, the copies above go with ring_adopt */
}

/* ---- wake-ups ---- */

/* Does going from `old` to `new` pass `wake`, the last value that the other side has seen? */
static inline bool ring_passes(uint32_t wake, uint32_t old, uint32_t new_value)
{
	return new_value - wake - 1 < new_value - old;
}

/* After putting and counting, once for all of it: is the other side to be signalled? */
static inline bool ring_must_signal(struct ring_link *l)
{
	bool signal = l->tell;

	l->tell = false;
	if (l->produced != l->told_produced || l->total != l->told_total) {
		shared_full_fence();	/* publish, then look: pairs with ring_may_sleep */
		signal |= ring_passes(shared_load(&l->peer->wake_produced), l->told_produced,
				      l->produced);
		signal |= ring_passes(shared_load(&l->peer->wake_counters), l->told_total,
				      l->total);
		l->told_produced = l->produced;
		l->told_total = l->total;
	}
	return signal;
}

/*
 * All was taken: arm the wake-up, look again. False: something came meanwhile, poll once more.
 * After true the next event is signalled (a hostile peer just does not signal).
 */
static inline bool ring_may_sleep(struct ring_link *l)
{
	enum ring_status before = l->status;

	shared_store(&l->own->wake_produced, l->consumed);
	shared_store(&l->own->wake_counters, l->peer_total);
	shared_full_fence();	/* arm, then look: pairs with ring_must_signal */
	if (ring_poll(l) != before)
		return false;
	return before != RING_UP ||
	       (shared_load(&l->peer->produced) == l->consumed &&
		shared_load(&l->peer->counters_total) == l->peer_total);
}

/* ---- tags of unanswered requests, one's own or the other's ---- */

#define RING_TAGS_MAX	IOBUF_DEVICE_REQUESTS

struct ring_tags {
	uint32_t limit;			/* IOBUF_DRIVER_REQUESTS or IOBUF_DEVICE_REQUESTS */
	uint32_t next;			/* of own requests: serial number */
	uint32_t used;			/* bit i: entry i is unanswered */
	uint32_t tag[RING_TAGS_MAX];
};

static inline void ring_tags_reset(struct ring_tags *t, uint32_t limit)
{
	t->limit = limit < RING_TAGS_MAX ? limit : RING_TAGS_MAX;
	t->used = 0;
}

/* Entry of an unanswered request, or -1. */
static inline int ring_tags_find(const struct ring_tags *t, uint32_t tag)
{
	unsigned int i;

	for (i = 0; i < t->limit; i++)
		if ((t->used >> i & 1) && t->tag[i] == tag)
			return (int)i;
	return -1;
}

/* A request of the other side: its entry, or minus the rule that it breaks. */
static inline int ring_tags_enter(struct ring_tags *t, uint32_t tag)
{
	unsigned int i;

	if (ring_tags_find(t, tag) >= 0)
		return -(int)RING_RULE_TAG_TWICE;
	for (i = 0; i < t->limit; i++)
		if (!(t->used >> i & 1)) {
			t->tag[i] = tag;
			t->used |= 1u << i;
			return (int)i;
		}
	return -(int)RING_RULE_TOO_MANY;
}

/* A request of one's own: its entry and a tag that no unanswered one has, or -1: at the limit. */
static inline int ring_tags_open(struct ring_tags *t, uint32_t *tag)
{
	int entry;

	while (ring_tags_find(t, t->next) >= 0)	/* ends: at most `limit` are taken */
		t->next++;
	*tag = t->next++;
	entry = ring_tags_enter(t, *tag);
	return entry < 0 ? -1 : entry;
}

/* An answer: frees and gives the entry, or minus RING_RULE_TAG_UNKNOWN. */
static inline int ring_tags_close(struct ring_tags *t, uint32_t tag)
{
	int entry = ring_tags_find(t, tag);

	if (entry < 0)
		return -(int)RING_RULE_TAG_UNKNOWN;
	t->used &= ~(1u << entry);
	return entry;
}

#endif
