/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One virtual CPU: its thread, its vCPU object, the registers of its last exit.
 *
 *	OFF --start--> RUNNING --block--> WAIT_INTERRUPT or WAIT_DEVICE --resume--> RUNNING
 *
 * Only a RUNNING vCPU can send a fault; what arrives from another one is forged (a guest can send on
 * its fault endpoint by hvc) and is dropped.
 *
 * With the kernel's short faults the message has what is needed and the reply finishes the instruction.
 * Without, or when the reply has been missed (several vCPUs), registers are read when asked for, as few
 * as possible, and written back with the resumption.
 */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "mmio.h"
#include "ptimer.h"

struct vm;

enum vcpu_state {
	VCPU_OFF,
	VCPU_RUNNING,
	VCPU_WAIT_INTERRUPT,	/* wfi */
	VCPU_WAIT_DEVICE,	/* an access that the backend answers */
};

/* Of the register array of the kernel's interface (10.4). */
#define VCPU_REGISTERS		36
#define VCPU_PC			0
#define VCPU_SP			1
#define VCPU_SPSR		2

struct vcpu {
	struct vm *vm;
	unsigned int index;
	enum vcpu_state state;
	uint64_t tcb, object, untyped;	/* slots */
	uint64_t fault_badge;
	struct deadline wake;		/* WAIT_INTERRUPT: when the virtual timer fires */
	struct ptimer ptimer;
	struct mmio_access access;	/* WAIT_DEVICE: what is to be completed */
	bool standby;			/* WAIT_INTERRUPT by PSCI CPU_SUSPEND: x0 := 0 on resumption */
	uint64_t start_pc, start_x0;	/* CPU_ON */

	uint64_t registers[VCPU_REGISTERS];
	bool brief;			/* the kernel gives short faults of it */
	bool finishable;		/* the last one was: a reply of a word finishes the instruction */
	unsigned int known;		/* registers[0 .. known) are those of the vCPU */
	unsigned int changed;		/* registers[0 .. changed) are written at resumption */

	uint64_t core;
	bool held;			/* it runs on the monitor's core, that is: not now */
};

/* Deletes the vCPU object if there is one, makes a new one: the only way to clear all of it. */
bool vcpu_make(struct vcpu *vcpu);
/* That, and all registers; then it runs from pc with x0. */
bool vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t x0);
void vcpu_stop(struct vcpu *vcpu);

/*
 * Between the look at a list register and its change the guest must not end what is there. On the
 * monitor's own core it cannot run; on another one it is kept from running until it is let go.
 */
#ifdef SEL4_SMP
void vcpu_hold(struct vcpu *vcpu);
void vcpu_let_go(struct vcpu *vcpu);
#else
static inline void vcpu_hold(struct vcpu *vcpu)
{
	(void)vcpu;
}

static inline void vcpu_let_go(struct vcpu *vcpu)
{
	(void)vcpu;
}
#endif

/* A fault arrived: forget the registers of the last one. */
void vcpu_exited(struct vcpu *vcpu);
/* The same when the message carries the pc. */
void vcpu_exited_at(struct vcpu *vcpu, uint64_t pc);

uint64_t vcpu_pc(struct vcpu *vcpu);
#define VCPU_NO_REGISTER	31u	/* xzr: reads as 0, writes are lost */

uint64_t vcpu_register(struct vcpu *vcpu, unsigned int n);	/* x0 to x30, or none */
void vcpu_set_register(struct vcpu *vcpu, unsigned int n, uint64_t value);
void vcpu_resume(struct vcpu *vcpu);
/* The instruction that exited is done: it read `value` into register n, or none; on it goes. */
void vcpu_finish(struct vcpu *vcpu, unsigned int n, uint64_t value);

/* The answer to an access: a read's register, the next instruction, resumption. */
void vcpu_complete_mmio(struct vcpu *vcpu, struct mmio_access *access, uint64_t value);

/*
 * A synchronous external abort at EL1, as a bus without an answer gives: for the fetch or the access
 * of which the syndrome `esr` tells, at the guest-physical address `ipa`.
 */
void vcpu_inject_abort(struct vcpu *vcpu, uint32_t esr, uint64_t ipa);
void vcpu_inject_undefined(struct vcpu *vcpu);
/* Has the guest set vectors? Else an exception would only bring the next one. */
bool vcpu_has_vectors(struct vcpu *vcpu);

/* What matters of a vCPU that waits. */
struct vcpu_idle {
	uint64_t control, compare;	/* CNTV_CTL, CNTV_CVAL */
	uint64_t empty;			/* bit n: list register n is empty; 0 if that cannot be known */
};
struct vcpu_idle vcpu_read_idle(struct vcpu *vcpu, bool lists);
/* When the virtual timer fires, or DEADLINE_NEVER. */
uint64_t vcpu_timer_deadline(const struct vcpu *vcpu, const struct vcpu_idle *idle);
void vcpu_timer_ack(struct vcpu *vcpu);

/* Two words of a vCPU's system registers for the line that says why a VM stopped. */
void vcpu_fault_registers(struct vcpu *vcpu, uint64_t *esr, uint64_t *far);

/* ---- list registers of the vCPU's interface ---- */

struct vcpu_lists {
	unsigned int count;
	bool access;		/* the kernel lets them be read and written */
	bool timer;		/* and takes vcpu_pend_lr and vcpu_set_timer */
};
struct vcpu_lists vcpu_probe_lists(struct vcpu *vcpu);
uint32_t vcpu_read_lr(struct vcpu *vcpu, unsigned int index);
void vcpu_write_lr(struct vcpu *vcpu, unsigned int index, uint32_t value);
/* An edge: value goes there if it is empty, else what is there is pending in addition. */
void vcpu_pend_lr(struct vcpu *vcpu, unsigned int index, uint32_t value);
/* The kernel puts the virtual timer into the last one itself; of value priority and group. 0: no. */
void vcpu_set_timer(struct vcpu *vcpu, uint32_t value);
uint64_t vcpu_empty_lrs(struct vcpu *vcpu);		/* ELRSR */
uint32_t vcpu_active_priorities(struct vcpu *vcpu);	/* APR */
void vcpu_set_control(struct vcpu *vcpu, uint32_t value);	/* HCR; its count of ends is 0 then */
uint32_t vcpu_vmcr(struct vcpu *vcpu);
/* The kernel's own call: pending, with a maintenance event at its end. False: it was refused. */
bool vcpu_inject_irq(struct vcpu *vcpu, unsigned int intid, unsigned int priority,
		     unsigned int group, unsigned int index);

#endif
