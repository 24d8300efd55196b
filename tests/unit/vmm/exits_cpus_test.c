/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM with several vCPUs: what one asks, waits for and breaks, and what the others see of it. */
#include "fake_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "arm/gicv2.h"
#include "arm/psci.h"
#include "vgic_mmio.h"

#define ENTRY	0x40000100u

/* What main.c does between two events: the reply, if there is one, goes out with the next receive. */
static void receive(void)
{
	if (!vm.reply && vm_is_idle(&vm))
		return;
	if (vm.reply)
		guest[vm.caller->index].runs = true;
	vm.caller = NULL;
	vm.reply = vm.reply_done = false;
}

/* A firmware call of that vCPU: what x0 has afterwards. */
static int64_t smc(unsigned int cpu, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t *x = &guest[cpu].thread[3];
	int64_t result;

	x[0] = function;
	x[1] = a;
	x[2] = b;
	x[3] = c;
	fault_of(cpu, seL4_Fault_VCPUFault, 4, SMC, function, a, b);
	result = (int64_t)(vm.reply_done ? vm.reply_value : x[0]);
	receive();
	return result;
}

static void wfi(unsigned int cpu)
{
	fault_of(cpu, seL4_Fault_VCPUFault, 4, WFI, guest[cpu].object[seL4_VCPUReg_CNTV_CTL],
		 guest[cpu].object[seL4_VCPUReg_CNTV_CVAL], 15);
	receive();
}

static void dist_write(unsigned int cpu, uint64_t offset, uint32_t value)
{
	struct mmio_access a = { .vcpu = &vm.vcpu[cpu], .offset = offset, .value = value,
				 .value_known = true, .write = true, .size = 4 };

	assert_int_equal(vgic_mmio(&vm.gic, &a), MMIO_DONE);
	vm_settle(&vm);
	receive();
}

static void start(unsigned int cpus)
{
	start_vm(SHORT, cpus);
	dist_write(0, GICD_CTLR, 1);
	for (unsigned int i = 1; i < cpus; i++) {
		assert_int_equal(smc(0, PSCI_CPU_ON_64, i, ENTRY, 42 + i), 0);
		assert_true(guest[i].runs);
	}
}

static void test_cpu_on(void **state)
{
	start_vm(SHORT, 4);
	assert_false(guest[1].runs);
	assert_int_equal(smc(0, PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 1, ENTRY, 42), 0);
	assert_true(guest[0].runs && guest[1].runs && !guest[2].runs);
	assert_int_equal(guest[1].thread[VCPU_PC], ENTRY);
	assert_int_equal(guest[1].thread[VCPU_SPSR], 0x3c5);
	assert_int_equal(guest[1].thread[3], 42);
	assert_int_equal(guest[1].object[seL4_VCPUReg_VMPIDR_EL2], 0x80000001);
	assert_int_equal(smc(1, PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_ON);
	/* what cannot be */
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 1, ENTRY, 0), PSCI_RET_ALREADY_ON);
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 0, ENTRY, 0), PSCI_RET_ALREADY_ON);
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 4, ENTRY, 0), PSCI_RET_INVALID_PARAMETERS);
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 1ull << 32, ENTRY, 0), PSCI_RET_INVALID_PARAMETERS);
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 2, 0x1000, 0), PSCI_RET_INVALID_ADDRESS);
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 2, ENTRY + 2, 0), PSCI_RET_INVALID_ADDRESS);
	assert_int_equal(smc(0, PSCI_AFFINITY_INFO_64, 4, 0, 0), PSCI_RET_INVALID_PARAMETERS);
	assert_false(guest[2].runs);
	/* one vCPU turns on the next, by the call of 32 bits */
	assert_int_equal(smc(1, PSCI_CPU_ON_32, 3, ENTRY, 7), 0);
	assert_true(guest[3].runs);
}

static void test_cpu_off(void **state)
{
	start(2);
	guest[1].object[seL4_VCPUReg_VBAR] = 0xffff0000;
	smc(1, PSCI_CPU_OFF, 0, 0, 0);
	assert_false(guest[1].runs);
	assert_int_equal(vm_online(&vm), 1);
	assert_int_equal(smc(0, PSCI_AFFINITY_INFO_64, 1, 0, 0), PSCI_AFFINITY_OFF);
	/* and on again, as new */
	assert_int_equal(smc(0, PSCI_CPU_ON_64, 1, ENTRY + 8, 9), 0);
	assert_true(guest[1].runs);
	assert_int_equal(guest[1].thread[VCPU_PC], ENTRY + 8);
	assert_int_equal(guest[1].object[seL4_VCPUReg_VBAR], 0);
	assert_int_equal(guest[1].made, 2);
	/* the one that booted, too; the last one ends the VM, since nobody could start another */
	smc(0, PSCI_CPU_OFF, 0, 0, 0);
	assert_false(guest[0].runs);
	assert_int_equal(vm.state, VM_RUNNING);
	smc(1, PSCI_CPU_OFF, 0, 0, 0);
	assert_int_equal(vm.state, VM_OFF);
}

static void test_all_stop(void **state)
{
	start(4);
	wfi(3);
	smc(2, PSCI_SYSTEM_OFF, 0, 0, 0);
	assert_int_equal(vm.state, VM_OFF);
	for (unsigned int i = 0; i < 4; i++)
		assert_false(guest[i].runs);
	/* what any of them says now, and a deadline, wakes nobody */
	wfi(1);
	vm_event(&vm, vm.config.timer_badge);
	vm_settle(&vm);
	assert_false(guest[1].runs || guest[3].runs || vm.reply);
	/* a reset: all but the first are off until they are turned on */
	start(4);
	smc(3, PSCI_SYSTEM_RESET, 0, 0, 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_false(guest[i].runs);
	assert_int_equal(vm_online(&vm), 0);
	assert_int_equal(vm.stats.resets, 1);
	/* a crash of any of them */
	start(2);
	fault_of(1, seL4_Fault_VMFault, 4, 0x9000, 0x9000, 0, 0x82000006);
	assert_int_equal(vm.state, VM_STOPPED);
	assert_false(guest[0].runs || guest[1].runs || vm.reply);
}

/* Each waits for itself; the timer server has the earliest deadline. */
static void test_wfi(void **state)
{
	start(2);
	guest[0].object[seL4_VCPUReg_CNTV_CTL] = guest[1].object[seL4_VCPUReg_CNTV_CTL] = 1;
	guest[0].object[seL4_VCPUReg_CNTV_CVAL] = 9000;
	guest[1].object[seL4_VCPUReg_CNTV_CVAL] = 5000;
	wfi(0);
	assert_int_equal(deadline, 9000);
	assert_true(guest[1].runs);
	wfi(1);
	assert_int_equal(deadline, 5000);
	assert_true(vm_is_idle(&vm));		/* the reply to the last one stays possible */
	vm_event(&vm, vm.config.timer_badge);
	vm_settle(&vm);
	assert_true(vm.reply && vm.caller == &vm.vcpu[1]);
	receive();
	assert_true(guest[1].runs && !guest[0].runs);
	assert_int_equal(deadline, 9000);
	vm_event(&vm, vm.config.timer_badge);
	vm_settle(&vm);
	assert_true(guest[0].runs);
	assert_int_equal(guest[0].thread[VCPU_PC], 4 + 0x40000000);
}

/* Interrupts of one vCPU for another: at work, waiting, itself. */
static void test_sgi(void **state)
{
	start(2);
	wfi(1);
	assert_false(guest[1].runs);
	dist_write(0, GICD_SGIR, 1u << 17 | 3);
	assert_true(guest[1].runs);
	assert_int_equal(guest[1].gich.lr[0], 1u << 28 | 3);		/* of vCPU 0 */
	assert_int_equal(guest[0].gich.lr[0], 0);
	dist_write(0, GICD_SGIR, 2u << 24 | 5);			/* to itself: no crash, no loss */
	assert_int_equal(guest[0].gich.lr[0], 1u << 28 | 5);
	fault_of(0, seL4_Fault_VCPUFault, 4, WFI, 0, 0, 14);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
}

/* The timer of each is its own: enabled by its own registers, its interrupt in its own list. */
static void test_timer(void **state)
{
	start(2);
	for (unsigned int i = 0; i < 2; i++)
		vgic_hold(&vm.gic, i, VGIC_TIMER_INTID, NULL, NULL);
	dist_write(1, GICD_ISENABLER, 1u << VGIC_TIMER_INTID);
	assert_int_equal(guest[0].timer, 0);
	assert_int_not_equal(guest[1].timer, 0);
	smc(1, PSCI_CPU_OFF, 0, 0, 0);
	assert_int_equal(vm.gic.cpu[1].timer, 0);
	smc(0, PSCI_CPU_ON_64, 1, ENTRY, 0);
	assert_int_not_equal(guest[1].timer, 0);	/* of the new object, too */
	dist_write(1, GICD_ICENABLER, 1u << VGIC_TIMER_INTID);
	assert_int_equal(guest[1].timer, 0);
}

/* A reply that was dropped for another vCPU's message is made up for by registers. */
static void test_answer_by_registers(void **state)
{
	start(2);
	guest[0].thread[VCPU_PC] = 0x40002000;
	wfi(0);
	scratch = 7;
	fault_of(1, seL4_Fault_VMFault, 4, 0x40003000, 0x5008, 0, LOAD);
	assert_true(vm.reply_done && vm.reply_value == 7);
	receive();
	dist_write(1, GICD_SGIR, 1u << 16);
	assert_true(guest[0].runs);
	assert_int_equal(guest[0].thread[VCPU_PC], 0x40002004);
}

/* The badge says who it is: one cannot speak for another that is off or waits. */
static void test_forged(void **state)
{
	start_vm(SHORT, 2);
	fault_of(1, seL4_Fault_VMFault, 4, 0, 0x5000, 0, STORE);
	assert_int_equal(vm.stats.forged, 1);
	assert_false(guest[1].runs || vm.reply);
}

/* Anything, also by hvc, after which it goes on if it was no fault. */
static void say_anything(unsigned int cpu)
{
	uint64_t forged = vm.stats.forged;

	fault_of(cpu, (seL4_Word)rand() % 11, (seL4_Word)rand() % 6, (uint64_t)rand(), 0x5000, 0,
		 (uint64_t)rand() << 1);
	guest[cpu].runs |= vm.stats.forged != forged;
	receive();
}

static void test_random(void **state)
{
	for (unsigned int seed = 1; seed <= 200; seed++) {
		srand(seed);
		start(4);
		for (unsigned int i = 0; i < 4; i++)
			guest[i].object[seL4_VCPUReg_VBAR] = 0xffff0000;
		for (int step = 0; step < 300 && vm.state == VM_RUNNING; step++) {
			unsigned int cpu = (unsigned int)rand() % 4, other = (unsigned int)rand() % 4;

			if (!guest[cpu].runs)
				continue;
			switch (rand() % 8) {
			case 0:	smc(cpu, PSCI_CPU_ON_64, other, ENTRY, 0); break;
			case 1:	if (vm_online(&vm) != 1u << cpu)
					smc(cpu, PSCI_CPU_OFF, 0, 0, 0);
				break;
			case 2:	wfi(cpu); break;
			case 3:	dist_write(cpu, GICD_SGIR, 1u << (16 + other) | (unsigned int)rand() % 16); break;
			case 4:	dist_write(cpu, GICD_ISENABLER, (uint32_t)rand()); break;
			case 5:	guest[cpu].gich.lr[rand() % 3] = 0; break;
			case 6:	say_anything(cpu); break;
			case 7:	vm_event(&vm, vm.config.timer_badge);
				vm_settle(&vm);
				receive();
				break;
			}
			for (unsigned int i = 0; i < 4 && vm.state == VM_RUNNING; i++)
				assert_int_equal(guest[i].runs, vm.vcpu[i].state == VCPU_RUNNING);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_on),
		cmocka_unit_test(test_cpu_off),
		cmocka_unit_test(test_all_stop),
		cmocka_unit_test(test_wfi),
		cmocka_unit_test(test_sgi),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_answer_by_registers),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("exits of several vCPUs", tests, NULL, NULL);
}
