// SPDX-License-Identifier: GPL-2.0-only
/* Posted doorbells: a write of the driver VM that becomes an eventfd signal here. */
#include <linux/slab.h>

#include "connection.h"

struct sel4_doorbell {
	struct rcu_head rcu;
	struct eventfd_ctx *ctx;
	u64 addr, datamatch;
	u32 len;
	bool match;
};

/* From the interrupt. */
void sel4_ioeventfd_signal(struct sel4_connection *c, unsigned int index)
{
	struct sel4_doorbell *bell;

	rcu_read_lock();
	bell = rcu_dereference(c->doorbell[index]);
	if (bell) {
		eventfd_signal(bell->ctx);
		WRITE_ONCE(c->stats.doorbells, c->stats.doorbells + 1);
	}
	rcu_read_unlock();
}

static void free_doorbell(struct rcu_head *rcu)
{
	struct sel4_doorbell *bell = container_of(rcu, struct sel4_doorbell, rcu);

	eventfd_ctx_put(bell->ctx);
	kfree(bell);
}

static struct sel4_doorbell *doorbell_at(struct sel4_connection *c, unsigned int index)
{
	return rcu_dereference_protected(c->doorbell[index], lockdep_is_held(&c->ioctls));
}

static void drop(struct sel4_connection *c, unsigned int index)
{
	struct sel4_doorbell *bell = doorbell_at(c, index);

	if (!bell)
		return;
	RCU_INIT_POINTER(c->doorbell[index], NULL);
	call_rcu(&bell->rcu, free_doorbell);
}

void sel4_ioeventfd_drop_all(struct sel4_connection *c)
{
	unsigned int i;

	for (i = 0; i < IOBUF_DOORBELLS; i++)
		drop(c, i);
}

/* Would one write ring both? */
static bool collides(const struct sel4_doorbell *bell, const struct sel4_ioeventfd *arg)
{
	bool match = arg->flags & SEL4_IOEVENTFD_MATCH;

	if (bell->addr != arg->addr)
		return false;
	if (bell->len && arg->len && bell->len != arg->len)
		return false;
	return !(bell->match && match && bell->datamatch != arg->datamatch);
}

static bool is_same(const struct sel4_doorbell *bell, const struct sel4_ioeventfd *arg,
		    const struct eventfd_ctx *ctx)
{
	bool match = arg->flags & SEL4_IOEVENTFD_MATCH;

	return bell->ctx == ctx && bell->addr == arg->addr && bell->len == arg->len &&
	       bell->match == match && (!match || bell->datamatch == arg->datamatch);
}

static int check(const struct sel4_connection *c, const struct sel4_ioeventfd *arg)
{
	const struct sel4_facts *f = &c->facts;
	u64 bytes = arg->len ? arg->len : 1;

	if (arg->reserved || arg->flags & ~(SEL4_IOEVENTFD_DEASSIGN | SEL4_IOEVENTFD_MATCH))
		return -EINVAL;
	if (arg->len > 8 || (arg->len & (arg->len - 1)) || (arg->addr & (bytes - 1)))
		return -EINVAL;
	if ((arg->flags & SEL4_IOEVENTFD_MATCH) && !arg->len)
		return -EINVAL;
	if ((arg->flags & SEL4_IOEVENTFD_MATCH) && arg->len < 8 &&
	    arg->datamatch >> (8 * arg->len))
		return -EINVAL;		/* no write of that length has this value */
	if (arg->addr < f->window_base || arg->addr - f->window_base >= f->window_size)
		return -EINVAL;
	return 0;
}

static int free_index(struct sel4_connection *c, const struct sel4_ioeventfd *arg)
{
	int i, found = -ENOSPC;

	for (i = 0; i < IOBUF_DOORBELLS; i++) {
		struct sel4_doorbell *bell = doorbell_at(c, i);

		if (!bell && found < 0)
			found = i;
		if (bell && collides(bell, arg))
			return -EEXIST;
	}
	return found;
}

/*
 * The eventfd stands before the driver's monitor may count for it. Takes over `ctx`. Of a caller that
 * was killed meanwhile the monitor may have the doorbell or not: it is kept, since an index may be
 * used again only when the monitor has not got it. Deassign, a reset or the last close drops it.
 */
static int assign(struct sel4_connection *c, const struct sel4_ioeventfd *arg,
		  struct eventfd_ctx *ctx)
{
	bool match = arg->flags & SEL4_IOEVENTFD_MATCH;
	struct iobuf_message m = {
		.op = IOBUF_DOORBELL_SET, .addr = arg->addr, .len = (u16)arg->len,
		.data = match ? arg->datamatch : 0, .arg = { match ? IOBUF_DOORBELL_MATCH : 0 },
	};
	struct sel4_doorbell *bell;
	int ret, index = free_index(c, arg);

	bell = index < 0 ? NULL : kzalloc(sizeof(*bell), GFP_KERNEL_ACCOUNT);
	if (!bell) {
		eventfd_ctx_put(ctx);
		return index < 0 ? index : -ENOMEM;
	}
	bell->ctx = ctx;
	bell->addr = arg->addr;
	bell->len = arg->len;
	bell->match = match;
	bell->datamatch = arg->datamatch;
	rcu_assign_pointer(c->doorbell[index], bell);
	m.space = index;
	ret = sel4_link_request(c, &m);
	if (ret && ret != -EINPROGRESS)
		drop(c, index);
	return ret;
}

/* Does the driver's monitor have no such doorbell any more? Without a link it went with that. */
static int clear(struct sel4_connection *c, unsigned int index)
{
	struct iobuf_message m = { .op = IOBUF_DOORBELL_CLEAR, .space = index };
	int ret = sel4_link_is_up(c) ? sel4_link_request(c, &m) : 0;

	return ret == -EINPROGRESS || ret == -EINTR || ret == -EAGAIN ? ret : 0;
}

/* An error of clear() leaves the doorbell as it was: to be deassigned once more. */
static int deassign(struct sel4_connection *c, const struct sel4_ioeventfd *arg,
		    struct eventfd_ctx *ctx)
{
	int ret = -ENOENT;
	unsigned int i;

	for (i = 0; i < IOBUF_DOORBELLS; i++) {
		struct sel4_doorbell *bell = doorbell_at(c, i);

		if (!bell || !is_same(bell, arg, ctx))
			continue;
		ret = clear(c, i);
		if (!ret)
			drop(c, i);
		break;
	}
	eventfd_ctx_put(ctx);
	return ret;
}

int sel4_ioeventfd(struct sel4_connection *c, const struct sel4_ioeventfd *arg)
{
	struct eventfd_ctx *ctx;
	int ret = check(c, arg);

	if (ret)
		return ret;
	ctx = eventfd_ctx_fdget(arg->fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	return arg->flags & SEL4_IOEVENTFD_DEASSIGN ? deassign(c, arg, ctx) : assign(c, arg, ctx);
}
