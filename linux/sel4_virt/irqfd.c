// SPDX-License-Identifier: GPL-2.0-only
/* An eventfd that interrupts the driver VM: its signal counts an MSI, or asserts a line. */
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "connection.h"

struct sel4_irqfd_entry {
	struct list_head entry;
	struct rcu_head rcu;
	struct sel4_connection *c;
	struct file *file;		/* held: the eventfd cannot hang up under us */
	struct eventfd_ctx *ctx;
	struct eventfd_ctx *resample;	/* or NULL */
	unsigned int counter;
	u32 irq, flags;
	poll_table table;
	wait_queue_head_t *head;
	wait_queue_entry_t wait;
};

/* The counter of an MSI, or -EINVAL: an INTID that the frame does not have. */
int sel4_irqfd_counter(const struct sel4_connection *c, u32 intid)
{
	u32 index = intid - c->facts.first_spi;

	if (intid < c->facts.first_spi || index >= c->facts.spis || index >= IOBUF_MSIS)
		return -EINVAL;
	return (int)index;
}

/* Runs in the signaller's context, under the eventfd's lock, interrupts off. */
static int signalled(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct sel4_irqfd_entry *irqfd = container_of(wait, struct sel4_irqfd_entry, wait);
	u64 count;

	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	eventfd_ctx_do_read(irqfd->ctx, &count);
	sel4_link_count(irqfd->c, irqfd->counter);
	return 1;
}

static void queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct sel4_irqfd_entry *irqfd = container_of(table, struct sel4_irqfd_entry, table);

	irqfd->head = head;
	add_wait_queue_priority(head, &irqfd->wait);
}

/* The guest ended the interrupt of a line: from the connector's interrupt. */
void sel4_irqfd_resample(struct sel4_connection *c, unsigned int line)
{
	struct sel4_irqfd_entry *irqfd;

	rcu_read_lock();
	list_for_each_entry_rcu(irqfd, &c->irqfds, entry)
		if (irqfd->resample && irqfd->irq == line) {
			eventfd_signal(irqfd->resample);
			WRITE_ONCE(c->stats.resamples, c->stats.resamples + 1);
		}
	rcu_read_unlock();
}

static void release(struct sel4_irqfd_entry *irqfd)
{
	if (irqfd->resample)
		eventfd_ctx_put(irqfd->resample);
	eventfd_ctx_put(irqfd->ctx);
	kfree(irqfd);
}

static void release_rcu(struct rcu_head *rcu)
{
	release(container_of(rcu, struct sel4_irqfd_entry, rcu));
}

/* After remove_wait_queue no callback runs or will run. */
static void detach(struct sel4_irqfd_entry *irqfd)
{
	if (irqfd->head)
		remove_wait_queue(irqfd->head, &irqfd->wait);
	fput(irqfd->file);
}

static void drop(struct sel4_irqfd_entry *irqfd)
{
	list_del_rcu(&irqfd->entry);
	detach(irqfd);
	call_rcu(&irqfd->rcu, release_rcu);
}

void sel4_irqfd_drop_all(struct sel4_connection *c)
{
	struct sel4_irqfd_entry *irqfd, *next;

	list_for_each_entry_safe(irqfd, next, &c->irqfds, entry)
		drop(irqfd);
}

static struct sel4_irqfd_entry *find(struct sel4_connection *c, const struct sel4_irqfd *arg,
				     const struct eventfd_ctx *ctx)
{
	u32 kind = arg->flags & SEL4_IRQFD_LINE;
	struct sel4_irqfd_entry *irqfd;

	list_for_each_entry(irqfd, &c->irqfds, entry)
		if (irqfd->ctx == ctx && irqfd->irq == arg->irq &&
		    (irqfd->flags & SEL4_IRQFD_LINE) == kind)
			return irqfd;
	return NULL;
}

/* The counter that a valid request means, or -EINVAL. */
static int check(const struct sel4_connection *c, const struct sel4_irqfd *arg)
{
	bool line = arg->flags & SEL4_IRQFD_LINE, resample = arg->flags & SEL4_IRQFD_RESAMPLE;

	if (arg->flags & ~(SEL4_IRQFD_DEASSIGN | SEL4_IRQFD_RESAMPLE | SEL4_IRQFD_LINE))
		return -EINVAL;
	if (!line)
		return resample ? -EINVAL : sel4_irqfd_counter(c, arg->irq);
	if (arg->irq >= IOBUF_LINES || (!resample && !(arg->flags & SEL4_IRQFD_DEASSIGN)))
		return -EINVAL;
	return (int)(IOBUF_ASSERT_FIRST + arg->irq);
}

/* eventfd file and contexts; on error nothing stays held. */
static int take_eventfds(struct sel4_irqfd_entry *irqfd, const struct sel4_irqfd *arg)
{
	irqfd->file = eventfd_fget(arg->fd);
	if (IS_ERR(irqfd->file))
		return PTR_ERR(irqfd->file);
	irqfd->ctx = eventfd_ctx_fileget(irqfd->file);
	if (IS_ERR(irqfd->ctx)) {
		fput(irqfd->file);
		return PTR_ERR(irqfd->ctx);
	}
	if (!(arg->flags & SEL4_IRQFD_RESAMPLE))
		return 0;
	irqfd->resample = eventfd_ctx_fdget(arg->resamplefd);
	if (IS_ERR(irqfd->resample)) {
		int ret = PTR_ERR(irqfd->resample);

		eventfd_ctx_put(irqfd->ctx);
		fput(irqfd->file);
		return ret;
	}
	return 0;
}

static int assign(struct sel4_connection *c, const struct sel4_irqfd *arg, unsigned int counter)
{
	struct sel4_irqfd_entry *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!irqfd)
		return -ENOMEM;
	ret = take_eventfds(irqfd, arg);
	if (ret) {
		kfree(irqfd);
		return ret;
	}
	if (find(c, arg, irqfd->ctx)) {
		fput(irqfd->file);
		release(irqfd);
		return -EBUSY;
	}
	irqfd->c = c;
	irqfd->irq = arg->irq;
	irqfd->flags = arg->flags;
	irqfd->counter = counter;
	init_waitqueue_func_entry(&irqfd->wait, signalled);
	init_poll_funcptr(&irqfd->table, queue);
	list_add_tail_rcu(&irqfd->entry, &c->irqfds);
	if (vfs_poll(irqfd->file, &irqfd->table) & EPOLLIN)	/* was signalled before: one */
		sel4_link_count(c, counter);
	return 0;
}

static int deassign(struct sel4_connection *c, const struct sel4_irqfd *arg)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(arg->fd);
	struct sel4_irqfd_entry *irqfd;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	irqfd = find(c, arg, ctx);
	if (irqfd)
		drop(irqfd);
	eventfd_ctx_put(ctx);
	return irqfd ? 0 : -ENOENT;
}

int sel4_irqfd(struct sel4_connection *c, const struct sel4_irqfd *arg)
{
	int counter = check(c, arg);

	if (counter < 0)
		return counter;
	if (arg->flags & SEL4_IRQFD_DEASSIGN)
		return deassign(c, arg);
	return assign(c, arg, counter);
}
