/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EL1 physical timer of a vCPU (ARM ARM D11.2): CNTP_CTL_EL0, CNTP_CVAL_EL0 and CNTP_TVAL_EL0
 * trap, the interrupt is PPI 30. Its counter, CNTPCT_EL0, is the machine's.
 *
 * The interrupt line is up while the timer is enabled, not masked and the counter has reached CVAL.
 * A deadline raises it, whether the vCPU runs or waits; only an access by the vCPU lowers it.
 */
#ifndef VMM_PTIMER_H
#define VMM_PTIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"

struct vcpu;

#define PTIMER_INTID	30u

struct ptimer {
	struct deadline deadline;	/* when the line goes up */
	uint64_t compare;		/* CNTP_CVAL_EL0 */
	uint32_t control;		/* CNTP_CTL_EL0 without ISTATUS */
};

void ptimer_init(struct vcpu *vcpu);
/* Off, as after a reset of the CPU. */
void ptimer_reset(struct vcpu *vcpu);
/*
 * An access to one of the registers or to CNTPCT_EL0. `value` is read or written; false if the
 * syndrome is of another register, or the monitor has no counter to emulate these with.
 */
bool ptimer_access(struct vcpu *vcpu, uint32_t esr, uint64_t *value);

#endif
