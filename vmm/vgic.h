/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's GICv2: the state machine of each interrupt, and who is in which list register.
 *
 * An interrupt's pending and active state is in one place at a time:
 *
 *	here (lr < 0)  --load-->  list register  --fold or end-->  here
 *
 * Pending, for a level interrupt, is `level || latched`; for an edge one `latched`; for an SGI
 * `sources`. An interrupt that is deliverable (pending, enabled, its group forwarded, a target) waits
 * in the ready queue of its vCPU, by priority, until a list register is free. So nothing is lost while
 * disabled, and more may be pending than there are list registers.
 *
 * An active interrupt that is in no list register is *spilled*. The most urgent pending interrupt always
 * has a list register: if all of them are taken by active ones, the least urgent of these is spilled. Its
 * end is found in the active priorities (GICH_APR): the guest's EOI clears the bit that its acknowledge
 * had set. The hardware reports an EOI that matches no list register (LRENPIE) while one is spilled, and
 * that no list register is pending (NPIE) while the ready queue is not empty.
 *
 * Without the kernel's extension (access = false) a list register cannot be read: it counts as used
 * until its maintenance event, which InjectIRQ always asks for (vgic_blind.c).
 *
 * The virtual timer's interrupt the kernel can put into a list register by itself (timer = true): the
 * last one is kept for it, and while c->timer is not 0 nothing of that interrupt is here. A look from
 * the distributor's registers that changes something takes it back (fold) until it is quiet again.
 *
 * A *held* line is one whose source waits for the guest's end of interrupt (a passed-through level
 * interrupt, the virtual timer, a resampled line): at the end, and when the guest enables it, the line
 * is lowered and `ended` is called, upon which the source raises it again if it still must.
 */
#ifndef VMM_VGIC_H
#define VMM_VGIC_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vcpu_lists;

#define VGIC_CPUS		8
#define VGIC_INTIDS		512
#define VGIC_SGIS		16
#define VGIC_PRIVATE		32
#define VGIC_LRS		16
#define VGIC_TIMER_INTID	27

typedef void (*vgic_ended)(void *source, unsigned int intid);

struct vgic_irq {
	struct vgic_irq *next;		/* ready queue or spilled ones */
	vgic_ended ended;		/* held line */
	void *source;
	uint16_t intid;
	uint8_t priority;
	uint8_t targets;		/* bit n: vCPU n */
	uint8_t cpu;			/* whose queue or list register it is in; of a private one: whose */
	uint8_t sources;		/* SGI: pending from vCPU n */
	uint8_t active_source;
	uint8_t taken;			/* active: 1 + priority when it was acknowledged; 0: it was not */
	uint8_t mark;			/* spilled: 1 + its bit of the active priorities; 0: unknown */
	int8_t lr;			/* -1: none */
	bool queued;
	bool spilled;			/* queued as active */
	bool enabled;
	bool group1;
	bool edge;
	bool level;
	bool latched;
	bool active;
	bool soft;			/* in a list register: pending by a latch, not by the line */
	bool again;			/* in a list register: an edge needs no look at it */
};

struct vgic_cpu {
	struct vcpu *vcpu;
	struct vgic_irq private[VGIC_PRIVATE];
	struct vgic_irq *ready;
	struct vgic_irq *spilled;	/* the most urgent one first */
	struct vgic_irq *in_lr[VGIC_LRS];
	uint32_t written[VGIC_LRS];	/* as last written: priority and the maintenance bit */
	struct vgic_irq *parked[VGIC_LRS];	/* vgic_blind.c */
	uint32_t free;			/* bit n: list register n is known to be empty */
	uint32_t control;		/* GICH_HCR as last written */
	uint32_t timer;			/* how the kernel delivers the timer; 0: by an event */
	bool online;
	bool news;			/* something became pending since vgic_news */
};

struct vgic {
	struct vgic_cpu cpu[VGIC_CPUS];
	struct vgic_irq spi[VGIC_INTIDS - VGIC_PRIVATE];
	unsigned int cpus;
	unsigned int intids;
	unsigned int lrs;		/* without the one that the kernel's timer has */
	bool access;
	bool timer;			/* the kernel delivers it, and pends list registers */
	uint32_t ctlr;
	uint64_t injected;		/* interrupts put into list registers */
	uint64_t overflowed;		/* times that they were all taken */
};

void vgic_init(struct vgic *gic, struct vcpu *const *vcpus, unsigned int cpus,
	       unsigned int intids);
void vgic_set_list_registers(struct vgic *gic, const struct vcpu_lists *lists);
/* The guest starts anew: all state as after reset; held lines are released. List registers are new. */
void vgic_reset(struct vgic *gic);
/* On: after its vCPU object was made anew. Off: while that can still be read; it does not run. */
void vgic_cpu_online(struct vgic *gic, unsigned int cpu, bool online);

/* cpu matters for private interrupts only. An INTID that does not exist is ignored. */
void vgic_pulse(struct vgic *gic, unsigned int cpu, unsigned int intid);
void vgic_set_level(struct vgic *gic, unsigned int cpu, unsigned int intid, bool level);
void vgic_hold(struct vgic *gic, unsigned int cpu, unsigned int intid, vgic_ended ended,
	       void *source);

/* The kernel's maintenance event. False: index is none of a list register in use. */
bool vgic_maintenance(struct vgic *gic, unsigned int cpu, uint64_t index);
/* The kernel's event of the virtual timer. */
void vgic_timer(struct vgic *gic, unsigned int cpu);
/* Loads list registers; before a vCPU runs on. */
void vgic_settle(struct vgic *gic, unsigned int cpu);
/* Would an interrupt end a wfi now? Bit n of empty: nothing is in list register n; only believed in that. */
bool vgic_pending(struct vgic *gic, unsigned int cpu, uint64_t empty);
/* Has something become pending since vgic_pending, or since the last call? */
bool vgic_news(struct vgic *gic, unsigned int cpu);
/* The timer's interrupt came and is not ended yet. */
bool vgic_timer_is_up(struct vgic *gic, unsigned int cpu, uint64_t empty);

/* ---- for the distributor's registers ---- */

struct vgic_irq *vgic_irq(struct vgic *gic, unsigned int cpu, unsigned int intid);
/* The list register that it is in, or 0. */
uint32_t vgic_peek(struct vgic *gic, const struct vgic_irq *irq);
/* Takes the interrupt out of its list register, so that its state is all here; if that can be. */
void vgic_fold(struct vgic *gic, struct vgic_irq *irq);
/* After any change of its state. */
void vgic_update(struct vgic *gic, struct vgic_irq *irq);
void vgic_enable(struct vgic *gic, struct vgic_irq *irq, bool enabled);
void vgic_set_ctlr(struct vgic *gic, uint32_t ctlr);
void vgic_update_all(struct vgic *gic);
void vgic_sgi(struct vgic *gic, unsigned int from, unsigned int to, unsigned int intid);
bool vgic_is_pending(const struct vgic_irq *irq);
bool vgic_is_forwarded(const struct vgic *gic, const struct vgic_irq *irq);
/* Identifier, priority and group as a list register has them. */
uint32_t vgic_list_value(const struct vgic_irq *irq);
/* Out of its queue, into that list register. */
void vgic_load(struct vgic *gic, struct vgic_irq *irq, unsigned int lr);

/* ---- vgic_blind.c: without access to list registers ---- */

void vgic_blind_settle(struct vgic *gic, struct vgic_cpu *c);
/* It is in a list register and must not be delivered from there. */
void vgic_blind_withdraw(struct vgic *gic, struct vgic_irq *irq);
/* The list register's content is another one's now. */
void vgic_blind_forget(struct vgic_cpu *c, unsigned int lr);

/* ---- vgic_timer.c ---- */

/* Is this the interrupt that the kernel can deliver by itself? */
static inline bool vgic_timer_is(const struct vgic *gic, const struct vgic_irq *irq)
{
	return irq->intid == VGIC_TIMER_INTID && gic->timer;
}

/* After any change: while nothing of it is here it is the kernel's. */
void vgic_timer_update(struct vgic *gic, struct vgic_irq *irq);
/* All of its state is here afterwards. */
void vgic_timer_take_back(struct vgic *gic, struct vgic_irq *irq);

#endif
