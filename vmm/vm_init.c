/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM is built from its configuration: devices, interrupts, and who is told of which event. */
#include <peervisor/log.h>
#include <sel4/sel4.h>

#include "vgic_mmio.h"
#include "vm.h"

#define WORD_BITS	64

/* A passed-through level interrupt: its source may interrupt again when the guest has ended it. */
static void irq_ended(void *source, unsigned int intid)
{
	struct vm_irq *irq = source;

	seL4_IRQHandler_Ack(irq->is->handler);
}

static void irq_arrived(void *of)
{
	struct vm_irq *irq = of;
	struct vm *vm = irq->vm;

	if (irq->is->edge) {
		vgic_pulse(&vm->gic, 0, (unsigned int)irq->is->intid);
		seL4_IRQHandler_Ack(irq->is->handler);
	} else {
		vgic_set_level(&vm->gic, 0, (unsigned int)irq->is->intid, true);
	}
}

static void timer_ended(void *source, unsigned int intid)
{
	vcpu_timer_ack(source);
}

/* The log port takes one command, so that a benchmark can ask for the counters. */
static void read_commands(void *of)
{
	struct vm *vm = of;
	static const char command[] = "stats\n";
	static unsigned int matched;
	int byte;

	while ((byte = port_get(&vm->log)) >= 0) {
		if (byte == '\r')
			byte = '\n';
		matched = byte == command[matched] ? matched + 1 : byte == command[0];
		if (matched == sizeof(command) - 1) {
			matched = 0;
			vm_print_stats(vm);
		}
	}
}

static void link_moved(void *of)
{
	io_proxy_service(of);
}

static void upcall_came(void *of)
{
	connector_upcall(of);
}

static void console_moved(void *of)
{
	pl011_poll(of);
}

static bool add(struct vm *vm, const char *name, const struct config_range *range,
		mmio_handler handler, void *device)
{
	if (mmio_add(&vm->mmio, name, gpa(range->base), range->size, handler, device))
		return true;
	vm_log(vm, "configuration: %s at 0x%llx overlaps another device", name,
	       (unsigned long long)range->base);
	return false;
}

static bool init_memory(struct vm *vm)
{
	const struct config *c = &vm->config;
	unsigned int i;

	for (i = 0; i < c->rams; i++)
		if (!guest_memory_add(&vm->memory, gpa(c->ram[i].ipa), c->ram[i].size,
				      (void *)(uintptr_t)c->ram[i].window)) {
			vm_log(vm, "configuration: ram@%u is empty or overlaps", i);
			return false;
		}
	guest_memory_clear(&vm->memory, 0);	/* it came from a device untyped: nobody cleared it */
	return true;
}

/* Index and retype depth of the own CNode's cap: 64 if it has the guard, else its radix. */
static void find_cnode_depth(struct vm *vm)
{
	const struct config *c = &vm->config;

	vm->cnode_depth = WORD_BITS;
	if (seL4_CNode_Delete(c->cnode, c->vcpu[0].object, WORD_BITS))
		vm->cnode_depth = c->cnode_radix;
}

static bool init_vcpus(struct vm *vm)
{
	struct vcpu *list[CONFIG_VCPUS];
	unsigned int i;

	find_cnode_depth(vm);
	vm->vcpus = vm->config.vcpus;
	for (i = 0; i < vm->vcpus; i++) {
		const struct config_vcpu *is = &vm->config.vcpu[i];

		vm->vcpu[i] = (struct vcpu){
			.vm = vm, .index = i, .tcb = is->tcb, .object = is->object,
			.untyped = is->untyped, .fault_badge = is->badge, .core = is->core,
		};
		list[i] = &vm->vcpu[i];
	}
	vm_init_deadlines(vm);
	vgic_init(&vm->gic, list, vm->vcpus, VGIC_INTIDS);
	for (i = 0; i < vm->vcpus; i++)
		vgic_hold(&vm->gic, i, VGIC_TIMER_INTID, timer_ended, &vm->vcpu[i]);
	return true;
}

static bool init_gic(struct vm *vm)
{
	const struct config *c = &vm->config;
	struct vcpu_lists lists;

	if (!vcpu_make(&vm->vcpu[0]))
		return false;
	lists = vcpu_probe_lists(&vm->vcpu[0]);
	vgic_set_list_registers(&vm->gic, &lists);
	if (!lists.access)
		vm_log(vm, "this kernel does not show list registers: a maintenance exit for each "
		       "interrupt");
	gicv2m_init(&vm->v2m, &vm->gic, gpa(c->v2m.base), (unsigned int)c->v2m_first,
		    (unsigned int)c->v2m_count);
	if (!add(vm, "GIC distributor", &c->distributor, vgic_mmio, &vm->gic))
		return false;
	return !c->v2m.size || add(vm, "GICv2m frame", &c->v2m, gicv2m_mmio, &vm->v2m);
}

static bool init_uart(struct vm *vm)
{
	struct config_range range = { vm->config.pl011, 0x1000 };

	vm->log.serial = log_port();	/* the runtime has it open */
	port_open(&vm->console, &vm->config.console);
	vm_listen(vm, vm->config.console.badge, console_moved, &vm->uart);
	vm_listen(vm, vm->config.log.badge, read_commands, vm);
	pl011_init(&vm->uart, &vm->gic, (unsigned int)vm->config.pl011_intid, &port_line,
		   &vm->console);
	return !vm->config.pl011 || add(vm, "PL011", &range, pl011_mmio, &vm->uart);
}

static bool init_irqs(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->config.irqs; i++) {
		const struct config_irq *is = &vm->config.irq[i];

		vm->irq[i] = (struct vm_irq){ vm, is };
		vm_listen(vm, is->badge, irq_arrived, &vm->irq[i]);
		if (!is->edge)
			vgic_hold(&vm->gic, 0, (unsigned int)is->intid, irq_ended, &vm->irq[i]);
		seL4_IRQHandler_Ack(is->handler);
	}
	return true;
}

static bool init_proxy(struct vm *vm, const struct config_connection *is)
{
	struct io_proxy *proxy = &vm->proxy[vm->proxies++];

	io_proxy_init(proxy, vm, is);
	vm_listen(vm, is->badge, link_moved, proxy);
	return add(vm, "PCI configuration space", &is->ecam, pci_ecam_mmio, &proxy->host) &&
	       add(vm, "PCI window", &is->window, io_proxy_window_mmio, proxy);
}

static bool init_connections(struct vm *vm)
{
	const struct config *c = &vm->config;
	unsigned int i;

	pci_init(&vm->pci, gpa(c->pci_window.base), c->pci_window.size);
	if (c->pci_ecam.size &&
	    !(add(vm, "own PCI configuration space", &c->pci_ecam, pci_ecam_mmio, &vm->pci) &&
	      add(vm, "own PCI window", &c->pci_window, pci_window_mmio, &vm->pci)))
		return false;
	for (i = 0; i < c->connections; i++) {
		const struct config_connection *is = &c->connection[i];

		if (is->driver) {
			if (!init_proxy(vm, is))
				return false;
			continue;
		}
		connector_init(&vm->connector[vm->connectors], vm, vm->connectors, is);
		vm_listen(vm, is->badge, upcall_came, &vm->connector[vm->connectors]);
		vm->connectors++;
	}
	return true;
}

bool vm_init(struct vm *vm, const void *fdt)
{
	const char *error = config_read(fdt, &vm->config);

	if (error) {
		vm_log(vm, "%s", error);
		return false;
	}
	vm_init_time(vm);
	if (!vm->counter_frequency)
		vm_log(vm, "no timer on this kernel: wfi is answered at once, the CPU never idles; "
		       "backends have no deadline, resets no limit");
	vm_listen(vm, vm->config.timer_badge, vm_deadline, vm);
	return init_memory(vm) && init_vcpus(vm) && init_gic(vm) && init_uart(vm) &&
	       init_irqs(vm) && init_connections(vm);
}
