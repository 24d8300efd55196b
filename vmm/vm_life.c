/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a VM: loading its guest, when that may be, and the end of a run. */
#include <peervisor/seed.h>
#include <stdarg.h>
#include <stdio.h>

#include "guest_fdt.h"
#include "vm.h"

#define RESETS_AT_ONCE	10u	/* then one a second */
#define RESETS_APART	2u	/* seconds from which on resets are no loop */

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

/* No backend of the last run can still write the memory that the guest is loaded into. */
static bool memory_released(const struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->proxies; i++)
		if (!io_proxy_released(&vm->proxy[i]))
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

/*
 * The time for the links is over: vm_settle goes on without those that are missing. A backend that may
 * still write this VM's memory is waited for all the same.
 */
static void links_overdue(void *of)
{
	struct vm *vm = of;
	unsigned int i;

	if (vm->state != VM_WAITING)
		return;
	vm->start_overdue = true;
	for (i = 0; i < vm->proxies; i++)
		if (!io_proxy_released(&vm->proxy[i]))
			vm_report(vm, &vm->proxy[i].reports[PROXY_REPORT_HOLDS],
				  "waiting for %s to let go of this VM's memory: it still serves "
				  "the last run", vm->proxy[i].is->peer);
}

/* vm_settle loads the guest. */
static void hold_over(void *of)
{
	struct vm *vm = of;

	vm->start_held = false;
}

void vm_init_life(struct vm *vm)
{
	vm->start = (struct deadline){ .reached = links_overdue, .of = vm };
	vm->hold = (struct deadline){ .reached = hold_over, .of = vm };
}

static void settle_start(struct vm *vm)
{
	if (vm->start_held)
		return;
	if (links_started(vm))
		boot(vm);
	else if (vm->start_overdue && memory_released(vm))
		start_without(vm);
}

/* How long to wait for the links that did not start yet, in ms; 0: not at all. */
static uint64_t start_timeout(struct vm *vm)
{
	uint64_t timeout = 0;
	unsigned int i;

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
	return timeout;
}

void vm_start(struct vm *vm)
{
	uint64_t timeout = start_timeout(vm);

	vm->state = VM_WAITING;
	vm->start_overdue = false;
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
	if (vm->uart.gic)		/* the configuration may have been wrong before it was made */
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

/*
 * RESETS_AT_ONCE resets are free, then there is one a second: each one pays a second, and the guest
 * may be that many seconds ahead of the clock. Loading a guest is the monitor's most expensive work.
 */
static void limit_resets(struct vm *vm)
{
	uint64_t now, ahead, second = vm->counter_frequency;
	bool limited = vm->resets_limited;

	if (!second)
		return;
	now = vm_now(vm);
	if (now - vm->last_reset >= RESETS_APART * second)
		vm->reports[REPORT_RESET] = 0;	/* no loop: each one is logged */
	vm->last_reset = now;
	if (vm->resets_paid < now)
		vm->resets_paid = now;
	vm->resets_paid += second;
	ahead = vm->resets_paid - now;
	vm->resets_limited = vm->start_held = ahead > RESETS_AT_ONCE * second;
	if (vm->start_held)
		deadline_set(&vm->deadlines, &vm->hold, now + ahead - RESETS_AT_ONCE * second);
	if (vm->resets_limited && !limited)
		vm_report(vm, &vm->reports[REPORT_RESET_LIMIT],
			  "more than %u resets in a short time: one a second from now on",
			  RESETS_AT_ONCE);
}

void vm_reset(struct vm *vm)
{
	halt(vm);
	release(vm, "this VM was reset");
	vm->stats.resets++;
	limit_resets(vm);
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

void vm_settle_life(struct vm *vm)
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
