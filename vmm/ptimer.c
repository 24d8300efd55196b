/* SPDX-License-Identifier: BSD-2-Clause */
#include "ptimer.h"

#include "arm/esr.h"
#include "vm.h"

#define CTL_ENABLE	1u
#define CTL_IMASK	2u
#define CTL_ISTATUS	4u

static bool reached(const struct ptimer *timer, uint64_t now)
{
	return (timer->control & CTL_ENABLE) && now >= timer->compare;
}

static void update(struct vcpu *vcpu)
{
	struct ptimer *timer = &vcpu->ptimer;
	struct vm *vm = vcpu->vm;
	bool armed = (timer->control & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;
	bool up = armed && reached(timer, vm_now(vm));

	deadline_set(&vm->deadlines, &timer->deadline,
		     armed && !up ? timer->compare : DEADLINE_NEVER);
	vgic_set_level(&vm->gic, vcpu->index, PTIMER_INTID, up);
}

static void on_deadline(void *of)
{
	update(of);
}

void ptimer_init(struct vcpu *vcpu)
{
	vcpu->ptimer = (struct ptimer){ .deadline = { .reached = on_deadline, .of = vcpu } };
}

void ptimer_reset(struct vcpu *vcpu)
{
	if (!vcpu->ptimer.control)
		return;
	vcpu->ptimer.control = 0;
	vcpu->ptimer.compare = 0;
	update(vcpu);
}

static uint64_t read_control(const struct ptimer *timer, uint64_t now)
{
	return timer->control | (reached(timer, now) ? CTL_ISTATUS : 0);
}

bool ptimer_access(struct vcpu *vcpu, uint32_t esr, uint64_t *value)
{
	struct ptimer *timer = &vcpu->ptimer;
	bool read = esr & ESR_SYSREG_READ;
	uint64_t now = vm_now(vcpu->vm);

	if (!vcpu->vm->counter_frequency)
		return false;
	switch (esr & ESR_SYSREG_NAME) {
	case ESR_SYSREG(3u, 3u, 14u, 0u, 1u):		/* CNTPCT_EL0: a kernel that lets no guest at it */
		*value = now;
		return read;
	case ESR_SYSREG(3u, 3u, 14u, 2u, 0u):		/* CNTP_TVAL_EL0: signed, 32 bits */
		if (read)
			*value = (uint32_t)(timer->compare - now);
		else
			timer->compare = now + (uint64_t)(int64_t)(int32_t)*value;
		break;
	case ESR_SYSREG(3u, 3u, 14u, 2u, 1u):		/* CNTP_CTL_EL0 */
		if (read)
			*value = read_control(timer, now);
		else
			timer->control = *value & (CTL_ENABLE | CTL_IMASK);
		break;
	case ESR_SYSREG(3u, 3u, 14u, 2u, 2u):		/* CNTP_CVAL_EL0 */
		if (read)
			*value = timer->compare;
		else
			timer->compare = *value;
		break;
	default:
		return false;
	}
	if (!read)
		update(vcpu);
	return true;
}
