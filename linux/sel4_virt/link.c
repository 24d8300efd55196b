// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocol of a connection, on top of ring.h: what came is taken in the interrupt, doorbells
 * become eventfd signals there, requests wait for read(). See docs/interconnect.md.
 */
#include <linux/sched/signal.h>

#include "connection.h"

#define PASSES	64	/* of one run: a peer that floods is answered by a work item, not here */

/* Fails everything outstanding: it belongs to a pair of runs that is over. */
static void drop_outstanding(struct sel4_connection *c)
{
	unsigned int i;

	for (i = 0; i < IOBUF_DRIVER_REQUESTS; i++)
		c->slot[i].state = SEL4_SLOT_FREE;
	ring_tags_reset(&c->own_tags, IOBUF_DEVICE_REQUESTS);
	ring_tags_reset(&c->their_tags, IOBUF_DRIVER_REQUESTS);
	if (c->unanswered)
		c->answer = -ENOTCONN;
	c->unanswered = false;
}

/* The link is not up any more. User space hears of it once, if it can have built on it. */
static void note_loss(struct sel4_connection *c, struct sel4_events *ev)
{
	bool was_up = c->link.was_up;

	if (c->lost || !was_up)
		return;
	c->lost = true;
	drop_outstanding(c);
	ev->down = c->link.status;
	ev->broken = c->link.rule;
	ev->wake = true;
	c->stats.broken_rules += c->link.rule != RING_RULE_NONE;
	if (!c->open)
		return;
	c->reset = SEL4_RESET_PENDING;
	c->reset_id = c->next_id++;
	c->stats.resets++;
}

static void answer_request(struct sel4_connection *c, u32 tag, u64 data, u16 status)
{
	struct iobuf_message m = {
		.op = IOBUF_COMPLETE, .tag = tag, .data = data, .status = status,
	};

	ring_put(&c->link, &m);
}

static void take_request(struct sel4_connection *c, const struct iobuf_message *m,
			 struct sel4_events *ev)
{
	static const u32 type[] = {
		[IOBUF_MMIO_READ] = SEL4_REQ_MMIO_READ, [IOBUF_MMIO_WRITE] = SEL4_REQ_MMIO_WRITE,
		[IOBUF_CFG_READ] = SEL4_REQ_CFG_READ, [IOBUF_CFG_WRITE] = SEL4_REQ_CFG_WRITE,
	};
	int entry = ring_tags_enter(&c->their_tags, m->tag);
	struct sel4_slot *slot;

	if (entry < 0) {
		ring_fail(&c->link, (enum ring_rule)-entry);
		return;
	}
	if (!c->open) {
		ring_tags_close(&c->their_tags, m->tag);
		answer_request(c, m->tag, ~0ull, ENODEV);
		return;
	}
	slot = &c->slot[entry];
	slot->state = SEL4_SLOT_QUEUED;
	slot->tag = m->tag;
	slot->request = (struct sel4_request){
		.id = c->next_id++, .type = type[m->op], .space = m->space, .len = m->len,
		.addr = m->addr, .data = m->data,
	};
	ev->wake = true;
}

/*
 * The errno of a NAK is the peer's number, and the caller acts on it. Only what a monitor can mean by
 * a refusal passes; EINTR, ENOTCONN or a number of the kernel's own would speak of this side.
 */
static int refusal(u16 status)
{
	switch (status) {
	case ENOENT:
	case ENOMEM:
	case EEXIST:
	case EINVAL:
	case ENOSPC:
	case EOPNOTSUPP:
	case EADDRINUSE:
		return -(int)status;
	default:
		return -EIO;
	}
}

static void take_answer(struct sel4_connection *c, const struct iobuf_message *m,
			struct sel4_events *ev)
{
	int entry = ring_tags_close(&c->own_tags, m->tag);

	if (entry < 0) {
		ring_fail(&c->link, (enum ring_rule)-entry);
		return;
	}
	if (entry != c->asked || !c->unanswered)
		return;		/* its caller was killed */
	c->answer = m->op == IOBUF_NAK ? refusal(m->status) : 0;
	WRITE_ONCE(c->unanswered, false);
	ev->wake = true;
}

static void take_all(struct sel4_connection *c, struct sel4_events *ev)
{
	struct ring_changes changes;
	struct iobuf_message m;
	unsigned int i;

	if (ring_counters_take(&c->link, &changes))
		for (i = 0; i < ARRAY_SIZE(ev->changed); i++)
			ev->changed[i] |= changes.changed[i];
	for (i = 0; i < IOBUF_RING_SLOTS && ring_take(&c->link, &m); i++) {
		if (m.op == IOBUF_ACK || m.op == IOBUF_NAK)
			take_answer(c, &m, ev);
		else
			take_request(c, &m, ev);
	}
	if (c->link.status != RING_UP)
		note_loss(c, ev);
}

/* One look at the link. The driver's new run is adopted once user space is done with the old. */
static void run_once(struct sel4_connection *c, struct sel4_events *ev)
{
	bool was_up = c->link.status == RING_UP;
	enum ring_status status = ring_poll(&c->link);

	if (status == RING_UP) {
		ev->wake |= !was_up;
		take_all(c, ev);
		return;
	}
	note_loss(c, ev);
	if (status != RING_CHANGED || c->reset != SEL4_RESET_NONE)
		return;
	drop_outstanding(c);
	c->lost = false;
	ring_adopt(&c->link);
	if (c->link.rule != RING_RULE_NONE) {	/* not even our protocol */
		ev->broken = c->link.rule;
		ev->down = c->link.status;
		c->stats.broken_rules++;
		ev->wake = true;
	}
}

static void run_locked(struct sel4_connection *c, struct sel4_events *ev)
{
	unsigned int pass;

	memset(ev, 0, sizeof(*ev));
	ev->down = RING_UP;
	if (c->gone)
		return;
	for (pass = 0; pass < PASSES; pass++) {
		run_once(c, ev);
		if (ring_may_sleep(&c->link))
			break;
	}
	if (pass == PASSES)
		schedule_work(&c->again);	/* under `lock`: never after `gone` */
	ev->ring = ring_must_signal(&c->link);
	c->stats.rings += ev->ring;
}

static void tell_log(struct sel4_connection *c, const struct sel4_events *ev)
{
	if (ev->broken != RING_RULE_NONE)
		dev_err_ratelimited(&c->pdev->dev,
				    "driver VM %s broke the rule that %s: connection failed\n",
				    c->facts.name, ring_rule_text(ev->broken));
	else if (ev->down != RING_UP)
		dev_info_ratelimited(&c->pdev->dev, "link to driver VM %s is gone: %s\n",
				     c->facts.name, ring_status_text(ev->down));
}

/* Everything that must not happen under the lock. */
static void act_on(struct sel4_connection *c, const struct sel4_events *ev)
{
	unsigned int i;

	if (ev->ring)
		sel4_link_ring(c);
	for (i = 0; i < ARRAY_SIZE(ev->changed); i++) {
		u64 left = ev->changed[i];

		for (; left; left &= left - 1) {
			unsigned int index = i * 64 + __ffs64(left);

			if (index < IOBUF_DOORBELLS)
				sel4_ioeventfd_signal(c, index);
			else if (index < IOBUF_EOI_FIRST + IOBUF_LINES)
				sel4_irqfd_resample(c, index - IOBUF_EOI_FIRST);
		}
	}
	if (ev->wake)
		wake_up_all(&c->wait);
	tell_log(c, ev);
}

/* From the interrupt, and after anything that may have changed where the link stands. */
void sel4_link_run(struct sel4_connection *c)
{
	struct sel4_events ev;
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	run_locked(c, &ev);
	spin_unlock_irqrestore(&c->lock, flags);
	act_on(c, &ev);
}

/* seL4_Signal by hvc: straight to the notification, no monitor in between. */
static void signal_by_hvc(u64 cptr)
{
	register u64 x0 asm("x0") = cptr;
	register u64 x1 asm("x1") = 0;		/* message info: no words, no capabilities */
	register u64 x7 asm("x7") = (u64)-3;	/* seL4_SysSend */

	asm volatile("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x7) : :
		     "x2", "x3", "x4", "x5", "x6", "memory");
}

static void signal_monitor(struct sel4_connection *c)
{
	if (c->facts.downcall)
		signal_by_hvc(c->facts.downcall);
	else
		writel(1, c->registers + CONNECTOR_DOORBELL);
}

/* sel4_link_stop waits for readers that have seen the registers still there. */
void sel4_link_ring(struct sel4_connection *c)
{
	rcu_read_lock();
	if (!READ_ONCE(c->gone))
		signal_monitor(c);
	rcu_read_unlock();
}

void sel4_link_start(struct sel4_connection *c, void *iobuf)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	drop_outstanding(c);
	ring_start(&c->link, RING_DEVICE, iobuf + CONNECTOR_IOBUF_DEVICE,
		   iobuf + CONNECTOR_IOBUF_DRIVER);
	spin_unlock_irqrestore(&c->lock, flags);
}

/*
 * The function goes: a last restart tells the driver. After this nobody touches the pages or the
 * registers, and `again` is not scheduled any more.
 */
void sel4_link_stop(struct sel4_connection *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	drop_outstanding(c);
	ring_restart(&c->link);
	WRITE_ONCE(c->gone, true);
	spin_unlock_irqrestore(&c->lock, flags);
	signal_monitor(c);
	synchronize_rcu();
	wake_up_all(&c->wait);
}

/* Somebody wants the VM descriptor. What failed with nobody there starts afresh for him. */
int sel4_link_claim(struct sel4_connection *c)
{
	unsigned long flags;
	bool failed, busy;

	spin_lock_irqsave(&c->lock, flags);
	busy = c->open;
	failed = c->link.status == RING_FAILED || c->link.status == RING_PEER_FAILED;
	if (!busy) {
		c->open = true;
		if (failed && !c->gone) {
			c->lost = false;
			drop_outstanding(c);
			ring_restart(&c->link);
		}
	}
	spin_unlock_irqrestore(&c->lock, flags);
	if (busy)
		return -EBUSY;
	sel4_link_run(c);
	return 0;
}

/* The VM descriptor closed: a new run of this side. The driver VM sees its devices fail. */
void sel4_link_release(struct sel4_connection *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	c->open = false;
	c->reset = SEL4_RESET_NONE;
	c->lost = false;
	drop_outstanding(c);
	if (!c->gone)
		ring_restart(&c->link);
	spin_unlock_irqrestore(&c->lock, flags);
	sel4_link_run(c);
}

/* ---- requests to the driver's monitor ---- */

bool sel4_link_is_up(struct sel4_connection *c)
{
	unsigned long flags;
	bool up;

	spin_lock_irqsave(&c->lock, flags);
	up = !c->gone && !c->lost && c->reset == SEL4_RESET_NONE && c->link.status == RING_UP;
	spin_unlock_irqrestore(&c->lock, flags);
	return up;
}

/* 0: up. -EINPROGRESS: it can still come up. */
static int link_state(struct sel4_connection *c)
{
	unsigned long flags;
	int ret = -EINPROGRESS;

	spin_lock_irqsave(&c->lock, flags);
	if (c->gone)
		ret = -ENODEV;
	else if (c->reset != SEL4_RESET_NONE || c->link.status == RING_FAILED ||
		 c->link.status == RING_PEER_FAILED)
		ret = -ENOTCONN;
	else if (c->link.status == RING_UP)
		ret = 0;
	spin_unlock_irqrestore(&c->lock, flags);
	return ret;
}

static int wait_for_link(struct sel4_connection *c)
{
	int ret;

	if (wait_event_killable(c->wait, (ret = link_state(c)) != -EINPROGRESS))
		return -EINTR;
	return ret;
}

/* Under `lock`. Sent if `unanswered` is set then, else `answer` says why not. */
static void send_request(struct sel4_connection *c, struct iobuf_message *m)
{
	c->answer = -ENOTCONN;
	c->unanswered = false;
	c->asked = -1;
	if (c->gone || c->link.status != RING_UP)
		return;
	c->asked = ring_tags_open(&c->own_tags, &m->tag);
	if (c->asked < 0)
		c->answer = -EAGAIN;
	else if (ring_put(&c->link, m))
		c->unanswered = true;
	else
		ring_tags_close(&c->own_tags, m->tag);
}

/*
 * Ask the driver's monitor and wait for its ACK: 0, or minus the errno of its NAK. Under `ioctls`,
 * so one at a time; a caller that is killed leaves its tag taken until the answer comes.
 *
 * -EINPROGRESS: killed after the request was sent, so whether the monitor did it is not known.
 * -EINTR (killed) and -EAGAIN (too many that were killed wait for their answers): it was not sent.
 */
int sel4_link_request(struct sel4_connection *c, struct iobuf_message *m)
{
	struct sel4_events ev;
	unsigned long flags;
	int ret;

	lockdep_assert_held(&c->ioctls);
	ret = wait_for_link(c);
	if (ret)
		return ret;
	spin_lock_irqsave(&c->lock, flags);
	send_request(c, m);
	run_locked(c, &ev);
	spin_unlock_irqrestore(&c->lock, flags);
	act_on(c, &ev);
	wait_event_killable(c->wait, !READ_ONCE(c->unanswered));
	spin_lock_irqsave(&c->lock, flags);
	ret = c->unanswered ? -EINPROGRESS : c->answer;
	spin_unlock_irqrestore(&c->lock, flags);
	return ret;
}

/* ---- requests of the driver VM, for read() and COMPLETE_IO ---- */

static struct sel4_slot *oldest_queued(struct sel4_connection *c)
{
	struct sel4_slot *found = NULL;
	unsigned int i;

	for (i = 0; i < IOBUF_DRIVER_REQUESTS; i++) {
		struct sel4_slot *slot = &c->slot[i];

		if (slot->state == SEL4_SLOT_QUEUED &&
		    (!found || (s32)(slot->request.id - found->request.id) < 0))
			found = slot;
	}
	return found;
}

bool sel4_link_readable(struct sel4_connection *c)
{
	unsigned long flags;
	bool readable;

	spin_lock_irqsave(&c->lock, flags);
	readable = c->reset == SEL4_RESET_PENDING || oldest_queued(c);
	spin_unlock_irqrestore(&c->lock, flags);
	return readable;
}

/* The next request to read, marked as read. */
bool sel4_link_next(struct sel4_connection *c, struct sel4_request *request)
{
	struct sel4_slot *slot;
	unsigned long flags;
	bool found = true;

	spin_lock_irqsave(&c->lock, flags);
	slot = oldest_queued(c);
	if (c->reset == SEL4_RESET_PENDING) {
		*request = (struct sel4_request){ .id = c->reset_id, .type = SEL4_REQ_RESET };
		c->reset = SEL4_RESET_READ;
	} else if (slot) {
		*request = slot->request;
		slot->state = SEL4_SLOT_READ;
		c->stats.requests++;
	} else {
		found = false;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return found;
}

static struct sel4_slot *slot_of(struct sel4_connection *c, u32 id)
{
	unsigned int i;

	for (i = 0; i < IOBUF_DRIVER_REQUESTS; i++)
		if (c->slot[i].state == SEL4_SLOT_READ && c->slot[i].request.id == id)
			return &c->slot[i];
	return NULL;
}

/* The reader's buffer was bad: the request is there for the next read. */
void sel4_link_unread(struct sel4_connection *c, u32 id)
{
	struct sel4_slot *slot;
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	slot = slot_of(c, id);
	if (slot)
		slot->state = SEL4_SLOT_QUEUED;
	else if (c->reset == SEL4_RESET_READ && c->reset_id == id)
		c->reset = SEL4_RESET_PENDING;
	spin_unlock_irqrestore(&c->lock, flags);
}

static bool is_reset(struct sel4_connection *c, u32 id)
{
	return c->reset == SEL4_RESET_READ && c->reset_id == id;
}

/* User space is done with the lost run: forget what it left, then the new run may be adopted. */
static void forget_lost_run(struct sel4_connection *c)
{
	unsigned long flags;

	sel4_ioeventfd_drop_all(c);
	sel4_irqfd_drop_all(c);
	spin_lock_irqsave(&c->lock, flags);
	c->reset = SEL4_RESET_NONE;
	spin_unlock_irqrestore(&c->lock, flags);
	sel4_link_run(c);
	wake_up_all(&c->wait);
}

/* Of two that answer the same reset one finds it answered: what was created since is not his. */
static int complete_reset(struct sel4_connection *c, u32 id)
{
	unsigned long flags;
	bool reset;

	if (mutex_lock_killable(&c->ioctls))
		return -EINTR;
	spin_lock_irqsave(&c->lock, flags);
	reset = is_reset(c, id);
	spin_unlock_irqrestore(&c->lock, flags);
	if (reset)
		forget_lost_run(c);
	mutex_unlock(&c->ioctls);
	return reset ? 0 : -ENOENT;
}

int sel4_link_complete(struct sel4_connection *c, const struct sel4_completion *completion)
{
	struct sel4_events ev;
	struct sel4_slot *slot;
	unsigned long flags;
	bool reset;

	if (completion->status >= 4096)
		return -EINVAL;
	spin_lock_irqsave(&c->lock, flags);
	reset = is_reset(c, completion->id);
	slot = reset ? NULL : slot_of(c, completion->id);
	if (!slot) {
		spin_unlock_irqrestore(&c->lock, flags);
		return reset ? complete_reset(c, completion->id) : -ENOENT;
	}
	slot->state = SEL4_SLOT_FREE;
	ring_tags_close(&c->their_tags, slot->tag);
	if (!c->gone)
		answer_request(c, slot->tag, completion->status ? ~0ull : completion->data,
			       (u16)completion->status);
	c->stats.completions++;
	run_locked(c, &ev);
	spin_unlock_irqrestore(&c->lock, flags);
	act_on(c, &ev);
	return 0;
}

/* ---- interrupts of the driver VM ---- */

/* One more of a counter; cheap, and callable under an eventfd's lock with interrupts off. */
int sel4_link_count(struct sel4_connection *c, unsigned int counter)
{
	bool counted, ring = false;
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	counted = !c->gone && !c->lost && ring_count(&c->link, counter);
	if (counted) {
		ring = ring_must_signal(&c->link);
		c->stats.msis++;
		c->stats.rings += ring;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	if (ring)
		sel4_link_ring(c);
	return counted ? 0 : -ENOTCONN;
}

int sel4_link_level(struct sel4_connection *c, unsigned int line, bool on)
{
	bool done, ring = false;
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	done = !c->gone && !c->lost && ring_set_level(&c->link, line, on);
	if (done) {
		ring = ring_must_signal(&c->link);
		c->stats.rings += ring;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	if (ring)
		sel4_link_ring(c);
	return done ? 0 : -ENOTCONN;
}
