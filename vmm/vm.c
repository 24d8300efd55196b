/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include <peervisor/seed.h>
#include <peervisor/timer.h>
#include <sel4/sel4.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guest_fdt.h"

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
	uint64_t count = 0, frequency = 0;

	if (!vm->config.timer || timer_now(vm->config.timer, &count, &frequency) != TIMER_OK)
		return 0;
	vm->counter_frequency = frequency;
	return count;
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

/* ---- loading ---- */

static const char *put_files(struct vm *vm, const struct linux_placement *where)
{
	const struct config *c = &vm->config;
	static uint64_t room[LINUX_IMAGE_DTB_MAX / 32 / sizeof(uint64_t)];
	int error;

	if (!guest_memory_write(&vm->memory, where->kernel,
				(const void *)(uintptr_t)c->kernel.base, c->kernel.size))
		return "kernel does not fit RAM";
	if (where->initrd_size &&
	    !guest_memory_write(&vm->memory, where->initrd,
				(const void *)(uintptr_t)c->initrd.base, where->initrd_size))
		return "initrd does not fit RAM";
	error = c->dtb.size ? guest_fdt_adapt(c, where, room, sizeof(room)) :
			      guest_fdt_generate(c, where, room, sizeof(room));
	if (error)
		return "device tree cannot be made";
	if (!guest_memory_write(&vm->memory, where->dtb, room, sizeof(room)))
		return "device tree does not fit RAM";
	return NULL;
}

/*
 * Backends that the guest starts without: its tree names them, and their functions stay hidden until
 * they say start, so that a guest which looks for them finds all of a connection's or none.
 */
static uint32_t late_links(struct vm *vm)
{
	uint32_t late = 0;
	unsigned int i;

	for (i = 0; i < vm->proxies; i++) {
		struct io_proxy *proxy = &vm->proxy[i];

		proxy->host.hidden = !proxy->started;
		if (proxy->host.hidden)
			late |= 1u << (proxy->is - vm->config.connection);
	}
	return late;
}

static const char *load(struct vm *vm, struct linux_placement *where)
{
	const struct config *c = &vm->config;
	struct linux_image image;
	const char *error = linux_image_check((const void *)(uintptr_t)c->kernel.base,
					      c->kernel.size, &image);

	if (!error)
		error = linux_image_place(&image, c->initrd.size, gpa(c->ram[0].ipa),
					  c->ram[0].size, where);
	if (!error) {
		where->seeded = seed_take(where->seed);
		if (!where->seeded)
			vm_report(vm, &vm->reports[REPORT_NO_SEED],
				  "the machine's device tree has no rng-seed: the guest must "
				  "gather its own entropy");
		where->late = late_links(vm);
		error = put_files(vm, where);
	}
	/* The last run's lines too: the guest starts with its MMU off. */
	if (!error)
		guest_memory_clean(&vm->memory);
	return error;
}

static void boot(struct vm *vm)
{
	struct linux_placement where;
	const char *error = load(vm, &where);
	unsigned int i;

	if (error) {
		vm_stop(vm, "%s: %s", vm->config.kernel_name, error);
		return;
	}
	vgic_reset(&vm->gic);
	for (i = 0; i < vm->vcpus; i++)
		vgic_cpu_online(&vm->gic, i, i == 0);
	if (!vcpu_start(&vm->vcpu[0], where.kernel.value, where.dtb.value)) {
		vm_stop(vm, "vcpu 0 cannot be started");
		return;
	}
	vm->state = VM_RUNNING;
}

static bool links_started(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->proxies; i++)
		if (!vm->proxy[i].started)
			return false;
	return true;
}

static void start_without(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->proxies; i++)
		if (!vm->proxy[i].started)
			vm_report(vm, &vm->proxy[i].reports[PROXY_REPORT_WITHOUT],
				  "starting without %s: it did not say start in time",
				  vm->proxy[i].is->peer);
	boot(vm);
}

static void start_overdue(void *of)
{
	struct vm *vm = of;

	if (vm->state == VM_WAITING && !links_started(vm))
		start_without(vm);
}

static void settle_start(struct vm *vm)
{
	if (links_started(vm))
		boot(vm);
}

void vm_init_deadlines(struct vm *vm)
{
	unsigned int i;

	deadlines_init(&vm->deadlines, vm->config.timer);
	vm->start = (struct deadline){ .reached = start_overdue, .of = vm };
	for (i = 0; i < vm->vcpus; i++)
		vm->vcpu[i].wake = (struct deadline){ .reached = wake_reached, .of = &vm->vcpu[i] };
}

void vm_deadline(void *of)
{
	struct vm *vm = of;

	deadlines_reached(&vm->deadlines);
}

void vm_start(struct vm *vm)
{
	uint64_t timeout = 0;
	unsigned int i;

	vm->state = VM_WAITING;
	for (i = 0; i < vm->proxies; i++) {
		struct io_proxy *proxy = &vm->proxy[i];

		if (proxy->started)
			continue;
		vm_report(vm, &proxy->reports[PROXY_REPORT_WAITING], "waiting for %s to say start",
			  proxy->is->peer);
		if (!proxy->is->start_timeout)
			timeout = DEADLINE_NEVER;
		else if (proxy->is->start_timeout > timeout)
			timeout = proxy->is->start_timeout;
	}
	if (timeout && timeout != DEADLINE_NEVER)
		timeout = vm_after(vm, timeout);
	deadline_set(&vm->deadlines, &vm->start, timeout ? timeout : DEADLINE_NEVER);
	settle_start(vm);
}

/* ---- the end of a run ---- */

static void halt(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->vcpus; i++)
		vcpu_stop(&vm->vcpu[i]);
	vm->reply = vm->reply_done = false;
}

static void release(struct vm *vm, const char *why)
{
	unsigned int i;

	for (i = 0; i < vm->proxies; i++)
		io_proxy_restart(&vm->proxy[i], why);
	for (i = 0; i < vm->connectors; i++)
		connector_reset(&vm->connector[i]);
	gicv2m_reset(&vm->v2m);
	pl011_reset(&vm->uart);
	guest_memory_clear(&vm->memory, 1);	/* what this run left in its windows ends with it */
}

void vm_power_off(struct vm *vm)
{
	halt(vm);
	release(vm, "this VM was powered off");
	vm->state = VM_OFF;
	vm_log(vm, "powered off");
}

void vm_reset(struct vm *vm)
{
	halt(vm);
	release(vm, "this VM was reset");
	vm->stats.resets++;
	vm_report(vm, &vm->reports[REPORT_RESET], "reset");
	vm_start(vm);
}

static void log_registers(struct vm *vm, struct vcpu *vcpu)
{
	uint64_t esr, far;

	vcpu_fault_registers(vcpu, &esr, &far);
	vm_log(vm, "vcpu %u: ESR_EL1 0x%llx, FAR_EL1 0x%llx", vcpu->index,
	       (unsigned long long)esr, (unsigned long long)far);
}

void vm_stop(struct vm *vm, const char *format, ...)
{
	unsigned int i;
	char why[160];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	for (i = 0; i < vm->vcpus && vm->state == VM_RUNNING; i++)
		if (vm->vcpu[i].state != VCPU_OFF)
			log_registers(vm, &vm->vcpu[i]);
	halt(vm);
	release(vm, "this VM was stopped");
	vm->state = VM_STOPPED;
	vm_log(vm, "stopped: %s", why);
}

/* ---- events ---- */

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

static void settle_life(struct vm *vm)
{
	if (vm->off_wanted || vm->reset_wanted) {
		bool off = vm->off_wanted;

		vm->off_wanted = vm->reset_wanted = false;
		if (off)
			vm_power_off(vm);
		else
			vm_reset(vm);
	}
	if (vm->state == VM_WAITING)
		settle_start(vm);
}

/* Between any two events, so nearly always there is little to do. */
void vm_settle(struct vm *vm)
{
	unsigned int i;

	if (vm->off_wanted || vm->reset_wanted || vm->state == VM_WAITING)
		settle_life(vm);
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
