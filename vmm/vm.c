/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include <peervisor/timer.h>
#include <sel4/sel4.h>

uint32_t vm_online(const struct vm *vm)
{
	uint32_t online = 0;
	unsigned int i;

	for (i = 0; i < vm->vcpus; i++)
		if (vm->vcpu[i].state != VCPU_OFF)
			online |= 1u << i;
	return online;
}

/* ---- time ---- */

uint64_t vm_now(struct vm *vm)
{
	return vm->counter_frequency ? timer_count() : 0;
}

uint64_t vm_after(struct vm *vm, uint64_t ms)
{
	uint64_t now = vm_now(vm), ticks;

	if (!vm->counter_frequency || __builtin_mul_overflow(ms, vm->counter_frequency, &ticks))
		return DEADLINE_NEVER;
	return __builtin_add_overflow(now, ticks / 1000, &ticks) ? DEADLINE_NEVER : ticks;
}

static void wake(struct vcpu *vcpu)
{
	unsigned int result = vcpu->standby ? 0 : VCPU_NO_REGISTER;

	vcpu->standby = false;
	vcpu_finish(vcpu, result, 0);
}

/* Not cancelled when something else ends the wfi: the next one sets it again. */
static void wake_reached(void *of)
{
	struct vcpu *vcpu = of;

	if (vcpu->state == VCPU_WAIT_INTERRUPT)
		wake(vcpu);
}

bool vm_is_idle(const struct vm *vm)
{
	unsigned int i;

	if (!vm->caller)
		return false;
	for (i = 0; i < vm->vcpus; i++)
		if (vm->vcpu[i].state == VCPU_RUNNING)
			return false;
	return true;
}

void vm_wait_for_interrupt(struct vm *vm, struct vcpu *vcpu, const struct vcpu_idle *idle)
{
	uint64_t deadline;

	if (vgic_pending(&vm->gic, vcpu->index, idle->empty)) {
		wake(vcpu);
		return;
	}
	if (!vm->counter_frequency) {
		vcpu_resume(vcpu);	/* without advancing: the CPU never idles */
		return;
	}
	vcpu->state = VCPU_WAIT_INTERRUPT;
	/* A timer that fired and is not ended yet cannot fire again. */
	deadline = vgic_timer_is_up(&vm->gic, vcpu->index, idle->empty) ?
		   DEADLINE_NEVER : vcpu_timer_deadline(vcpu, idle);
	deadline_set(&vm->deadlines, &vcpu->wake, deadline);
}

/* ---- events ---- */

void vm_init_time(struct vm *vm)
{
	uint64_t count, frequency;

	if (!vm->config.timer || timer_now(vm->config.timer, &count, &frequency) != TIMER_OK)
		return;
	vm->counter_frequency = frequency;
	vm->counter_offset = count;
}

void vm_init_deadlines(struct vm *vm)
{
	unsigned int i;

	deadlines_init(&vm->deadlines, vm->config.timer);
	vm_init_life(vm);
	for (i = 0; i < vm->vcpus; i++) {
		vm->vcpu[i].wake = (struct deadline){ .reached = wake_reached, .of = &vm->vcpu[i] };
		ptimer_init(&vm->vcpu[i]);
	}
}

void vm_deadline(void *of)
{
	struct vm *vm = of;

	deadlines_reached(&vm->deadlines);
}

void vm_listen(struct vm *vm, uint64_t badge, void (*handle)(void *of), void *of)
{
	if (badge)
		vm->source[__builtin_ctzll(badge)] = (struct vm_source){ handle, of };
}

void vm_event(struct vm *vm, uint64_t badge)
{
	vm->stats.events++;
	for (; badge; badge &= badge - 1) {
		const struct vm_source *source = &vm->source[__builtin_ctzll(badge)];

		if (source->handle)
			source->handle(source->of);
	}
}

static void settle_vcpu(struct vm *vm, struct vcpu *vcpu)
{
	if (vcpu->state == VCPU_OFF)
		return;
	vgic_settle(&vm->gic, vcpu->index);
	/* One that the guest masks ends its wfi too: that is allowed, and rare. */
	if (vgic_news(&vm->gic, vcpu->index) && vcpu->state == VCPU_WAIT_INTERRUPT)
		wake(vcpu);
}

/* Between any two events, so nearly always there is little to do. */
void vm_settle(struct vm *vm)
{
	unsigned int i;

	if (vm->off_wanted || vm->reset_wanted || vm->state == VM_WAITING)
		vm_settle_life(vm);
	for (i = 0; i < vm->vcpus; i++)
		if (vm->gic.cpu[i].ready || vm->gic.cpu[i].spilled || vm->gic.cpu[i].news)
			settle_vcpu(vm, &vm->vcpu[i]);
	for (i = 1; i < vm->vcpus; i++)
		vcpu_let_go(&vm->vcpu[i]);	/* before the monitor waits for anybody */
	for (i = 0; i < vm->proxies; i++)
		if (vm->proxy[i].published)
			io_proxy_settle(&vm->proxy[i]);
	deadlines_settle(&vm->deadlines);
}

void vm_print_stats(struct vm *vm)
{
	static const char *const kind[EXIT_KINDS] = {
		"mmio-read", "mmio-write", "doorbell", "wfi", "timer", "maintenance", "smc", "hvc",
		"sysreg", "other",
	};
	const struct vm_stats *s = &vm->stats;
	unsigned int i;

	for (i = 0; i < EXIT_KINDS; i++)
		vm_log(vm, "stats: exits %s %llu", kind[i], (unsigned long long)s->exits[i]);
	vm_log(vm, "stats: events %llu signals %llu messages-out %llu messages-in %llu",
	       (unsigned long long)s->events, (unsigned long long)s->signals,
	       (unsigned long long)s->messages_out, (unsigned long long)s->messages_in);
	vm_log(vm, "stats: injected %llu overflowed %llu forged %llu resets %llu",
	       (unsigned long long)vm->gic.injected, (unsigned long long)vm->gic.overflowed,
	       (unsigned long long)s->forged, (unsigned long long)s->resets);
	vm_log(vm, "stats: end");
}
