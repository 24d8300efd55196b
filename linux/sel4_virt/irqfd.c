// SPDX-License-Identifier: GPL-2.0-only
/*
 * An eventfd that interrupts the driver VM: its signal counts an MSI, or asserts a line.
 *
 * An irqfd holds the eventfd's context, never its file: a file that user space closed goes, and
 * with it the irqfd. The eventfd says so by EPOLLHUP, in a context that cannot sleep; the entry is
 * marked there and dropped by a work item, or by the next call that needs its place.
 *
 * `irqfd_lock` covers the tables. It is never held while the driver's monitor is waited for.
 */
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "connection.h"

struct sel4_irqfd_entry {
	struct list_head entry;
	struct rcu_head rcu;
	struct sel4_connection *c;
	struct eventfd_ctx *ctx;
	struct eventfd_ctx *resample;	/* or NULL */
	unsigned int counter;
	u32 irq, flags;
	bool hung_up;			/* the eventfd was closed: to be dropped */
	poll_table table;
	wait_queue_head_t *head;	/* in ctx; NULL: not queued */
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

/* Runs in the context of whoever signals or closes, under the eventfd's lock, interrupts off. */
static int signalled(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct sel4_irqfd_entry *irqfd = container_of(wait, struct sel4_irqfd_entry, wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	if (events & EPOLLHUP) {
		WRITE_ONCE(irqfd->hung_up, true);
		schedule_work(&irqfd->c->hung_up);
	}
	if (!(events & EPOLLIN))
		return 0;
	eventfd_ctx_do_read(irqfd->ctx, &count);
	sel4_link_count(irqfd->c, irqfd->counter);
	return 1;
}

/*
 * A priority waiter takes the count away from every waiter behind it. So an eventfd that has one,
 * an irqfd of this or of any other user of eventfds, gets no second: that one would never fire.
 */
static void queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct sel4_irqfd_entry *irqfd = container_of(table, struct sel4_irqfd_entry, table);
	wait_queue_entry_t *first;
	unsigned long flags;

	spin_lock_irqsave(&head->lock, flags);
	first = list_first_entry_or_null(&head->head, wait_queue_entry_t, entry);
	if (!first || !(first->flags & WQ_FLAG_PRIORITY)) {
		irqfd->wait.flags |= WQ_FLAG_EXCLUSIVE | WQ_FLAG_PRIORITY;
		__add_wait_queue(head, &irqfd->wait);
		irqfd->head = head;
	}
	spin_unlock_irqrestore(&head->lock, flags);
}

/* The guest ended the interrupt of a line: from the connector's interrupt. */
void sel4_irqfd_resample(struct sel4_connection *c, unsigned int line)
{
	struct sel4_irqfd_entry *irqfd;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < SEL4_LINE_IRQFDS_MAX; i++) {
		irqfd = rcu_dereference(c->resampled[line][i]);
		if (!irqfd)
			continue;
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

/* The place of an irqfd among those of its line, or of NULL: a free one. */
static struct sel4_irqfd_entry __rcu **place(struct sel4_connection *c, u32 line,
					     const struct sel4_irqfd_entry *irqfd)
{
	unsigned int i;

	for (i = 0; i < SEL4_LINE_IRQFDS_MAX; i++)
		if (rcu_access_pointer(c->resampled[line][i]) == irqfd)
			return &c->resampled[line][i];
	return NULL;
}

/* After remove_wait_queue no callback runs or will run. */
static void drop(struct sel4_connection *c, struct sel4_irqfd_entry *irqfd)
{
	list_del(&irqfd->entry);
	c->irqfd_count--;
	if (irqfd->resample)
		RCU_INIT_POINTER(*place(c, irqfd->irq, irqfd), NULL);
	remove_wait_queue(irqfd->head, &irqfd->wait);
	call_rcu(&irqfd->rcu, release_rcu);
}

static void drop_hung_up(struct sel4_connection *c)
{
	struct sel4_irqfd_entry *irqfd, *next;

	list_for_each_entry_safe(irqfd, next, &c->irqfds, entry)
		if (READ_ONCE(irqfd->hung_up))
			drop(c, irqfd);
}

void sel4_irqfd_drop_hung_up(struct work_struct *work)
{
	struct sel4_connection *c = container_of(work, struct sel4_connection, hung_up);

	mutex_lock(&c->irqfd_lock);
	drop_hung_up(c);
	mutex_unlock(&c->irqfd_lock);
}

void sel4_irqfd_drop_all(struct sel4_connection *c)
{
	struct sel4_irqfd_entry *irqfd, *next;

	mutex_lock(&c->irqfd_lock);
	list_for_each_entry_safe(irqfd, next, &c->irqfds, entry)
		drop(c, irqfd);
	mutex_unlock(&c->irqfd_lock);
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

/* Does an irqfd of this VM have the eventfd, in either role? */
static bool has_role(struct sel4_connection *c, const struct eventfd_ctx *ctx)
{
	struct sel4_irqfd_entry *irqfd;

	list_for_each_entry(irqfd, &c->irqfds, entry)
		if (irqfd->ctx == ctx || irqfd->resample == ctx)
			return true;
	return false;
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

/* One eventfd has one role: an interrupt's, or a resampled line's. */
static int take_contexts(struct sel4_irqfd_entry *irqfd, struct file *file,
			 const struct sel4_irqfd *arg)
{
	struct eventfd_ctx *resample = NULL;

	irqfd->ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(irqfd->ctx))
		return PTR_ERR(irqfd->ctx);
	if (arg->flags & SEL4_IRQFD_RESAMPLE)
		resample = eventfd_ctx_fdget(arg->resamplefd);
	if (IS_ERR(resample)) {
		eventfd_ctx_put(irqfd->ctx);
		return PTR_ERR(resample);
	}
	irqfd->resample = resample;
	if (!has_role(irqfd->c, irqfd->ctx) && irqfd->ctx != resample &&
	    !(resample && has_role(irqfd->c, resample)))
		return 0;
	eventfd_ctx_put(irqfd->ctx);
	if (resample)
		eventfd_ctx_put(resample);
	return -EBUSY;
}

/* Takes over `irqfd`. The caller holds `file`, so that it cannot hang up before it is listed. */
static int install(struct sel4_irqfd_entry *irqfd, struct file *file)
{
	struct sel4_connection *c = irqfd->c;
	__poll_t events;

	init_waitqueue_func_entry(&irqfd->wait, signalled);
	init_poll_funcptr(&irqfd->table, queue);
	events = vfs_poll(file, &irqfd->table);
	if (!irqfd->head) {
		release(irqfd);
		return -EBUSY;
	}
	list_add_tail(&irqfd->entry, &c->irqfds);
	c->irqfd_count++;
	if (irqfd->resample)
		rcu_assign_pointer(*place(c, irqfd->irq, NULL), irqfd);
	if (events & EPOLLIN)		/* was signalled before: one */
		sel4_link_count(c, irqfd->counter);
	return 0;
}

static int assign_file(struct sel4_connection *c, const struct sel4_irqfd *arg,
		       unsigned int counter, struct file *file)
{
	struct sel4_irqfd_entry *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!irqfd)
		return -ENOMEM;
	irqfd->c = c;
	irqfd->irq = arg->irq;
	irqfd->flags = arg->flags;
	irqfd->counter = counter;
	ret = take_contexts(irqfd, file, arg);
	if (ret) {
		kfree(irqfd);
		return ret;
	}
	return install(irqfd, file);
}

static int assign(struct sel4_connection *c, const struct sel4_irqfd *arg, unsigned int counter)
{
	struct file *file;
	int ret;

	drop_hung_up(c);
	if (c->irqfd_count >= SEL4_IRQFDS_MAX)
		return -ENOSPC;
	if (arg->flags & SEL4_IRQFD_LINE && !place(c, arg->irq, NULL))
		return -ENOSPC;
	file = eventfd_fget(arg->fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = assign_file(c, arg, counter, file);
	fput(file);
	return ret;
}

static int deassign(struct sel4_connection *c, const struct sel4_irqfd *arg)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(arg->fd);
	struct sel4_irqfd_entry *irqfd;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	irqfd = find(c, arg, ctx);
	if (irqfd)
		drop(c, irqfd);
	eventfd_ctx_put(ctx);
	return irqfd ? 0 : -ENOENT;
}

int sel4_irqfd(struct sel4_connection *c, const struct sel4_irqfd *arg)
{
	int ret, counter = check(c, arg);

	if (counter < 0)
		return counter;
	mutex_lock(&c->irqfd_lock);
	ret = arg->flags & SEL4_IRQFD_DEASSIGN ? deassign(c, arg) : assign(c, arg, counter);
	mutex_unlock(&c->irqfd_lock);
	return ret;
}
