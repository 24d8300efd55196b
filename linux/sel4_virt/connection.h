/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmod-sel4-virt: one connection to a driver VM. pci.c finds it, link.c runs its protocol, vm.c is
 * its descriptor, mmap.c its memory; ioeventfd.c and irqfd.c tie it to eventfds.
 *
 * Locks: `ioctls` (a mutex) is held by calls that ask the driver's monitor or change the doorbells;
 * inside it `irqfd_lock` (a mutex) covers the irqfds, and `lock` (irq-safe) the link and all that an
 * interrupt touches. No eventfd is signalled under `lock`: an irqfd's callback takes it under the
 * eventfd's own lock.
 *
 * Lifetime: the connection is referenced by its PCI function and by its VM descriptor, whichever
 * lasts longer. `gone` is set once, under `lock`, when the function goes. Nothing reaches the pages,
 * the registers (by RCU) or the work item `again` after that; what user space has by its descriptor
 * stays until it closes that.
 */
#ifndef SEL4_VIRT_CONNECTION_H
#define SEL4_VIRT_CONNECTION_H

#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "ring.h"
#include "sel4_virt.h"

struct sel4_doorbell;
struct sel4_irqfd_entry;

/* A request of the driver's that nobody took before it reached user space. */
enum sel4_slot_state {
	SEL4_SLOT_FREE,
	SEL4_SLOT_QUEUED,
	SEL4_SLOT_READ,
};

struct sel4_slot {
	enum sel4_slot_state state;
	u32 tag;
	struct sel4_request request;	/* request.id also orders the slots: oldest first */
};

/* A lost link, as far as user space has gone with it. */
enum sel4_reset_state {
	SEL4_RESET_NONE,
	SEL4_RESET_PENDING,		/* read gives it next */
	SEL4_RESET_READ,		/* read, not answered */
};

/* What the connector's registers say, read once. */
struct sel4_facts {
	u32 id, sharing, first_spi, spis;
	u64 ram_base, ram_size;
	u64 memdev_base, memdev_size, memdev_local;
	u64 window_base, window_size;
	u64 v2m, downcall;
	char name[SEL4_NAME_SIZE];
};

struct sel4_connection {
	struct kref ref;
	struct list_head entry;		/* of sel4_connections, under its mutex */
	struct pci_dev *pdev;		/* for messages; stays valid by its own reference */
	void __iomem *registers;
	struct sel4_facts facts;
	bool message_signalled;
	struct mutex ioctls;
	wait_queue_head_t wait;		/* readers, callers that wait for the link or an answer */
	struct work_struct again;	/* the link had more than one interrupt should do */
	struct work_struct hung_up;	/* an irqfd's eventfd was closed */
	atomic_t mappings;		/* of memdev, at most SEL4_MAPPINGS_MAX by mmap */

	spinlock_t lock;		/* covers all below, but for the RCU readers of the tables */
	bool gone;			/* the function went: registers and iobuf are unmapped */
	bool open;			/* somebody has the VM descriptor */
	struct ring_link link;
	struct ring_tags own_tags;	/* unanswered requests to the driver */
	struct ring_tags their_tags;	/* unanswered requests of the driver, entry = slot */
	struct sel4_slot slot[IOBUF_DRIVER_REQUESTS];
	u32 next_id;
	enum sel4_reset_state reset;
	u32 reset_id;
	bool lost;			/* this loss of the link was reported */
	int asked;			/* entry in own_tags of the request that `ioctls` waits for */
	bool unanswered;		/* it was sent; `answer` says nothing yet */
	int answer;
	struct sel4_vm_stats stats;

	struct sel4_doorbell __rcu *doorbell[IOBUF_DOORBELLS];	/* changed under `ioctls` */

	struct mutex irqfd_lock;
	struct list_head irqfds;
	unsigned int irqfd_count;
	struct sel4_irqfd_entry __rcu *resampled[IOBUF_LINES][SEL4_LINE_IRQFDS_MAX];
};

/* What a pass over the link found and is done after `lock` is dropped. */
struct sel4_events {
	u64 changed[IOBUF_COUNTERS / 64];
	bool ring;
	bool wake;
	enum ring_rule broken;
	enum ring_status down;		/* RING_UP: nothing to say */
};

/* pci.c */
extern struct mutex sel4_connections_lock;
extern struct list_head sel4_connections;
void sel4_connection_put(struct sel4_connection *c);

/* link.c */
void sel4_link_start(struct sel4_connection *c, void *iobuf);
void sel4_link_stop(struct sel4_connection *c);
void sel4_link_run(struct sel4_connection *c);
void sel4_link_ring(struct sel4_connection *c);
int sel4_link_claim(struct sel4_connection *c);
void sel4_link_release(struct sel4_connection *c);
int sel4_link_request(struct sel4_connection *c, struct iobuf_message *m);
int sel4_link_complete(struct sel4_connection *c, const struct sel4_completion *completion);
bool sel4_link_next(struct sel4_connection *c, struct sel4_request *request);
void sel4_link_unread(struct sel4_connection *c, u32 id);
bool sel4_link_readable(struct sel4_connection *c);
bool sel4_link_is_up(struct sel4_connection *c);
int sel4_link_count(struct sel4_connection *c, unsigned int counter);
int sel4_link_level(struct sel4_connection *c, unsigned int line, bool on);

/* vm.c */
int sel4_vm_register(void);
void sel4_vm_unregister(void);

/* mmap.c */
bool sel4_mmap_usable(const struct sel4_facts *facts);
int sel4_mmap(struct file *file, struct vm_area_struct *vma);

/* ioeventfd.c */
int sel4_ioeventfd(struct sel4_connection *c, const struct sel4_ioeventfd *arg);
void sel4_ioeventfd_signal(struct sel4_connection *c, unsigned int index);
void sel4_ioeventfd_drop_all(struct sel4_connection *c);

/* irqfd.c */
int sel4_irqfd(struct sel4_connection *c, const struct sel4_irqfd *arg);
void sel4_irqfd_resample(struct sel4_connection *c, unsigned int line);
void sel4_irqfd_drop_all(struct sel4_connection *c);
void sel4_irqfd_drop_hung_up(struct work_struct *work);
int sel4_irqfd_counter(const struct sel4_connection *c, u32 intid);

#endif
