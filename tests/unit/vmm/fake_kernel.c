/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_kernel.h"

#include <peervisor/log.h>
#include <peervisor/timer.h>
#include <string.h>

#include "arm/gicv2.h"
#include "exits.h"

#define BADGE(cpu)	(1ull << 63 | ((cpu) + 1u))
#define TCB(cpu)	(10u + (cpu) * 10u)
#define VCPU(cpu)	(11u + (cpu) * 10u)
#define UNTYPED(cpu)	(12u + (cpu) * 10u)

struct guest_state guest[GUESTS];
struct vm vm;
uint64_t counter, deadline, scratch = 5;

static uint64_t ram[512];
static bool extension, short_faults;	/* which of them the kernel has */

static void answer(struct sel4_trap *trap, seL4_Word error, seL4_Word value)
{
	trap->x0 = 0;
	trap->info = seL4_MessageInfo_new(error, 0, 0, 1).words[0];
	trap->mr[0] = value;
}

static int read_object(const struct guest_state *g, seL4_Word number, struct sel4_trap *trap)
{
	if (number < seL4_VCPUReg_Num)
		answer(trap, 0, g->object[number]);
	else if (!extension)
		answer(trap, seL4_InvalidArgument, 1);
	else if (number < PEERVISOR_VCPU_LR + 4)
		answer(trap, 0, g->gich.lr[number - PEERVISOR_VCPU_LR]);
	else if (number == PEERVISOR_VCPU_VMCR)
		answer(trap, 0, g->gich.vmcr);
	else if (number == PEERVISOR_VCPU_APR)
		answer(trap, 0, g->gich.apr);
	else
		answer(trap, 0, gich_empty(&g->gich));
	return 1;
}

/* As the kernel does: in addition to what is there, if something is. */
static void pend(uint32_t *lr, uint32_t value)
{
	if (*lr & GICH_LR_STATE)
		*lr |= value & (GICH_LR_STATE | GICH_LR_EOI);
	else
		*lr = value;
}

static int write_object(struct guest_state *g, seL4_Word number, seL4_Word value,
			struct sel4_trap *trap)
{
	if (number < seL4_VCPUReg_Num) {
		g->object[number] = value;
		return 0;
	}
	if (!extension || (number == PEERVISOR_VCPU_SHORT_FAULTS && !short_faults)) {
		answer(trap, seL4_InvalidArgument, 1);
		return 1;
	}
	if (number < PEERVISOR_VCPU_LR + 4)
		g->gich.lr[number - PEERVISOR_VCPU_LR] = (uint32_t)value;
	else if (number == PEERVISOR_VCPU_HCR)
		g->gich.hcr = (uint32_t)value;
	else if (number == PEERVISOR_VCPU_TIMER)
		g->timer = value;
	else if (number >= PEERVISOR_VCPU_PEND && number < PEERVISOR_VCPU_PEND + 4)
		pend(&g->gich.lr[number - PEERVISOR_VCPU_PEND], (uint32_t)value);
	return 0;
}

/* Refused where it was last seen active; the list register may be in another state by now. */
static int inject(struct guest_state *g, seL4_Word word, struct sel4_trap *trap)
{
	unsigned int index = word >> 32 & 0xff;

	if (index >= GICH_LRS) {
		answer(trap, seL4_RangeError, 0);
		trap->mr[1] = GICH_LRS - 1;
		return 1;
	}
	if ((g->saved[index] & GICH_LR_STATE) == GICH_LR_ACTIVE) {
		answer(trap, seL4_DeleteFirst, 0);
		return 1;
	}
	g->saved[index] = (uint32_t)((word & 0x3ff) | GICH_LR_EOI | GICH_LR_PENDING |
				     (word >> 16 & 31) << GICH_LR_PRIORITY_SHIFT |
				     (word >> 24 & 1 ? GICH_LR_GROUP1 : 0));
	g->gich.lr[index] = g->saved[index];
	return 0;
}

static int call_vcpu(struct guest_state *g, const struct fake_call *call, struct sel4_trap *trap)
{
	if (call->label == ARMVCPUReadReg)
		return read_object(g, call->mr[0], trap);
	if (call->label == ARMVCPUWriteReg)
		return write_object(g, call->mr[0], call->mr[1], trap);
	if (call->label == ARMVCPUInjectIRQ)
		return inject(g, call->mr[0], trap);
	return 0;
}

static int call_thread(struct guest_state *g, const struct fake_call *call, struct sel4_trap *trap)
{
	if (call->label == TCBReadRegisters) {
		answer(trap, 0, g->thread[0]);
		for (unsigned int i = 1; i < call->mr[1]; i++) {
			if (i < 4)
				trap->mr[i] = g->thread[i];
			else
				seL4_SetMR(i, g->thread[i]);
		}
		return 1;
	}
	if (call->label == TCBWriteRegisters) {
		memcpy(g->thread, &call->mr[2], call->mr[1] * 8);
		g->runs |= call->mr[0] & 1;
	}
	if (call->label == TCBSuspend)
		g->runs = false;
	return 0;
}

/* A new vCPU object has nothing of the last one. */
static void make(struct guest_state *g)
{
	memset(g->object, 0, sizeof(g->object));
	memset(g->saved, 0, sizeof(g->saved));
	gich_reset(&g->gich);
	g->gich.vmcr = 0xf8000001;
	g->timer = 0;
	g->made++;
}

static int kernel(const struct fake_call *call, struct sel4_trap *trap)
{
	if (call->number != SEL4_SYS_CALL)
		return 0;
	for (unsigned int i = 0; i < GUESTS; i++) {
		if (call->cptr == VCPU(i))
			return call_vcpu(&guest[i], call, trap);
		if (call->cptr == TCB(i))
			return call_thread(&guest[i], call, trap);
		if (call->cptr == UNTYPED(i))
			make(&guest[i]);
	}
	return 0;
}

/* ---- the runtime ---- */

enum timer_status timer_now(uint64_t slot, uint64_t *count, uint64_t *frequency)
{
	*count = counter;
	*frequency = 62500000;
	return TIMER_OK;
}

uint64_t timer_count(void)
{
	return counter;
}

enum timer_status timer_set(uint64_t slot, uint64_t at)
{
	deadline = at;
	return TIMER_OK;
}

struct serial_port *log_port(void)
{
	return NULL;
}

void serial_port_init(struct serial_port *port, uint64_t own, uint64_t peer, uint64_t kick)
{
}

size_t serial_port_room(const struct serial_port *port)
{
	return 1;
}

size_t serial_port_write(struct serial_port *port, const void *bytes, size_t length)
{
	return length;
}

size_t serial_port_read(struct serial_port *port, void *bytes, size_t length)
{
	return 0;
}

bool serial_port_may_sleep(struct serial_port *port)
{
	return true;
}

void serial_port_want_room(struct serial_port *port)
{
}

/* ---- the VM ---- */

static enum mmio_result on_scratch(void *device, struct mmio_access *access)
{
	if (access->write)
		scratch = mmio_write_value(access);
	else
		access->value = scratch;
	return MMIO_DONE;
}

static void reset_kernel(enum kernel_kind kind)
{
	fake_reset();
	fake_hook = kernel;
	memset(guest, 0, sizeof(guest));
	extension = kind != SEL4;
	short_faults = kind == SHORT;
	counter = 1000;
	deadline = ~0ull;
}

static void make_vm(unsigned int cpus)
{
	memset(&vm, 0, sizeof(vm));
	vm.config.name = "test";
	vm.config.timer = 5;
	vm.config.timer_badge = 1u << 20;
	vm_listen(&vm, vm.config.timer_badge, vm_deadline, &vm);
	vm.counter_frequency = 62500000;
	vm.vcpus = cpus;
	guest_memory_add(&vm.memory, gpa(0x40000000), sizeof(ram), ram);
	mmio_add(&vm.mmio, "scratch", gpa(0x5000), 0x1000, on_scratch, NULL);
}

void start_vm(enum kernel_kind kind, unsigned int cpus)
{
	struct vcpu *list[GUESTS];
	struct vcpu_lists lists;

	reset_kernel(kind);
	make_vm(cpus);
	for (unsigned int i = 0; i < cpus; i++) {
		vm.vcpu[i] = (struct vcpu){ .vm = &vm, .index = i, .tcb = TCB(i), .object = VCPU(i),
					    .untyped = UNTYPED(i), .fault_badge = BADGE(i) };
		list[i] = &vm.vcpu[i];
	}
	vm_init_deadlines(&vm);
	vgic_init(&vm.gic, list, cpus, 384);
	lists = vcpu_probe_lists(&vm.vcpu[0]);
	assert_int_equal(lists.count, 4);
	assert_int_equal(lists.access, kind != SEL4);
	assert_int_equal(lists.timer, kind != SEL4);
	vgic_set_list_registers(&vm.gic, &lists);
	pl011_init(&vm.uart, &vm.gic, 33, &port_line, &vm.console);
	vgic_cpu_online(&vm.gic, 0, true);
	assert_true(vcpu_start(&vm.vcpu[0], 0x40000000, 0x42000000));
	vm.state = VM_RUNNING;
	fake_num_calls = 0;
}

void fault_of(unsigned int cpu, seL4_Word label, seL4_Word length, uint64_t a, uint64_t b,
	      uint64_t c, uint64_t d)
{
	struct exit_message m = { .label = label, .length = length, .mr = { a, b, c, d } };

	fake_num_calls = 0;
	guest[cpu].runs = false;
	exits_handle(&vm, BADGE(cpu), &m);
	vm_settle(&vm);
}
