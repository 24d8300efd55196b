/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault messages of a vCPU, real and forged, with the kernel's calls recorded. */
#include "fake_kernel.h"

#include <stdlib.h>

#include "arm/psci.h"
#include "exits.h"

#define thread	guest[0].thread
#define object	guest[0].object
#define lr	guest[0].lr

static void start(enum kernel_kind kind)
{
	start_vm(kind, 1);
}

static void fault(seL4_Word label, seL4_Word length, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	fault_of(0, label, length, a, b, c, d);
}

static void test_start(void **state)
{
	start(LISTS);
	assert_int_equal(thread[VCPU_PC], 0x40000000);
	assert_int_equal(thread[VCPU_SPSR], 0x3c5);
	assert_int_equal(thread[3], 0x42000000);
	assert_int_equal(object[seL4_VCPUReg_VMPIDR_EL2], 0x80000000);
}

static void test_store_and_load(void **state)
{
	start(LISTS);
	thread[VCPU_PC] = 0x40001000;
	thread[5] = 77;			/* x2 */
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x5008, 0, STORE);
	assert_int_equal(scratch, 77);
	assert_int_equal(thread[VCPU_PC], 0x40001004);
	assert_int_equal(fake_num_calls, 2);		/* the register, the resumption */
	scratch = 0x1234567890;
	fault(seL4_Fault_VMFault, 4, 0x40001004, 0x5008, 0, LOAD);
	assert_int_equal(thread[5], 0x34567890);
	assert_int_equal(thread[VCPU_PC], 0x40001008);
}

static void test_unmapped(void **state)
{
	start(LISTS);
	object[seL4_VCPUReg_VBAR] = 0xffff0000;
	thread[VCPU_PC] = 0x40001000;
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0, LOAD);
	assert_int_equal(object[seL4_VCPUReg_ELR_EL1], 0x40001000);
	assert_int_equal(object[seL4_VCPUReg_ESR] >> 26, 0x25);
	assert_int_equal(thread[VCPU_PC], 0xffff0200);
	/* without vectors the VM stops, and nothing of it runs on */
	start(LISTS);
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0, LOAD);
	assert_int_equal(vm.state, VM_STOPPED);
	assert_non_null(fake_last(SEL4_SYS_CALL, TCBSuspend));
}

static void test_wfi(void **state)
{
	start(LISTS);
	vm.counter_offset = 100;
	object[seL4_VCPUReg_CNTV_CTL] = 1;
	object[seL4_VCPUReg_CNTV_CVAL] = 5000;
	thread[VCPU_PC] = 0x40002000;
	fault(seL4_Fault_VCPUFault, 1, WFI, 0, 0, 0);
	assert_int_equal(vm.vcpu[0].state, VCPU_WAIT_INTERRUPT);
	assert_int_equal(deadline, 5100);
	assert_null(fake_last(SEL4_SYS_CALL, TCBWriteRegisters));
	vm_event(&vm, vm.config.timer_badge);
	vm_settle(&vm);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	assert_int_equal(thread[VCPU_PC], 0x40002004);
	/* an interrupt ends it as well */
	fault(seL4_Fault_VCPUFault, 1, WFI, 0, 0, 0);
	assert_int_equal(vm.vcpu[0].state, VCPU_WAIT_INTERRUPT);
	vgic_set_ctlr(&vm.gic, 1);
	vgic_enable(&vm.gic, vgic_irq(&vm.gic, 0, 40), true);
	vgic_pulse(&vm.gic, 0, 40);
	vm_settle(&vm);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
}

static void test_timer_tick(void **state)
{
	start(LISTS);
	vgic_set_ctlr(&vm.gic, 1);
	vm.gic.timer = false;		/* by events */
	vgic_hold(&vm.gic, 0, 27, NULL, NULL);
	vgic_enable(&vm.gic, vgic_irq(&vm.gic, 0, 27), true);
	fault(seL4_Fault_VPPIEvent, 1, 27, 0, 0, 0);
	assert_int_equal(lr[0] & 0x3ff, 27);
	assert_true(vm.reply);		/* nothing to write: answered with the next receive */
	vm.reply = false;
	assert_int_equal(fake_num_calls, 1);
}

/* A fault and a reply: nothing else is asked of the kernel. */
static void test_short_faults(void **state)
{
	start(SHORT);
	assert_true(vm.vcpu[0].brief);
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x5008, 0x123456789, STORE);
	assert_int_equal(scratch, 0x23456789);
	assert_true(vm.reply && vm.reply_done);
	assert_int_equal(fake_num_calls, 0);
	scratch = 0x8899aabbcc;
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x5008, 0, LOAD);
	assert_true(vm.reply && vm.reply_done);
	assert_int_equal(vm.reply_value, 0x99aabbcc);
	fault(seL4_Fault_VCPUFault, 4, SMC, PSCI_VERSION, 0, 0);
	assert_true(vm.reply && vm.reply_done);
	assert_int_equal(vm.reply_value, 0x10001);
	assert_int_equal(fake_num_calls, 0);
	/* a fault of the other form is not one of this vCPU */
	vm.reply = vm.reply_done = false;
	fault(seL4_Fault_VCPUFault, 1, WFI, 0, 0, 0);
	assert_int_equal(vm.stats.forged, 1);
	assert_false(vm.reply);
}

/* While it waits its reply stays possible, and so does the answer by registers. */
static void test_short_wait(void **state)
{
	start(SHORT);
	vm.counter_offset = 100;
	fault(seL4_Fault_VCPUFault, 4, WFI, 1, 5000, 15);
	assert_int_equal(vm.vcpu[0].state, VCPU_WAIT_INTERRUPT);
	assert_int_equal(deadline, 5100);
	assert_int_equal(fake_num_calls, 0);
	assert_false(vm.reply);
	assert_true(vm_is_idle(&vm));
	vm_event(&vm, vm.config.timer_badge);
	vm_settle(&vm);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	assert_true(vm.reply && vm.reply_done);
	assert_int_equal(fake_num_calls, 0);
	assert_false(vm_is_idle(&vm));
	/* the receive for another vCPU has dropped the reply */
	vm.reply = vm.reply_done = false;
	fault(seL4_Fault_VCPUFault, 4, WFI, 1, 5000, 15);
	vm.caller = NULL;
	thread[VCPU_PC] = 0x40002000;
	vm_event(&vm, vm.config.timer_badge);
	vm_settle(&vm);
	assert_int_equal(thread[VCPU_PC], 0x40002004);
	assert_false(vm.reply);
}

/* The kernel's own timer: what fired is in the last list register. */
static void test_short_timer(void **state)
{
	start(SHORT);
	vgic_set_ctlr(&vm.gic, 1);
	vgic_hold(&vm.gic, 0, 27, NULL, NULL);
	vgic_enable(&vm.gic, vgic_irq(&vm.gic, 0, 27), true);
	assert_non_null(fake_last(SEL4_SYS_CALL, ARMVCPUWriteReg));
	lr[3] = 1u << 28 | 27;
	fault(seL4_Fault_VCPUFault, 4, WFI, 5, 5000, 7);	/* pending: no sleep */
	assert_true(vm.reply && vm.reply_done);
	vm.reply = vm.reply_done = false;
	lr[3] = 2u << 28 | 27;
	fault(seL4_Fault_VCPUFault, 4, WFI, 5, 5000, 7);	/* active: it cannot come again */
	assert_int_equal(vm.vcpu[0].state, VCPU_WAIT_INTERRUPT);
	assert_null(vm.vcpu[0].wake.link);
}

static void smc(uint64_t function, uint64_t a)
{
	thread[3] = function;
	thread[4] = a;
	fault(seL4_Fault_VCPUFault, 1, SMC, 0, 0, 0);
}

static void test_smc(void **state)
{
	start(LISTS);
	thread[VCPU_PC] = 0x40003000;
	smc(PSCI_VERSION, 0);
	assert_int_equal(thread[3], 0x10001);
	assert_int_equal(thread[VCPU_PC], 0x40003004);
	smc(0x84001234, 0);
	assert_int_equal((int64_t)thread[3], -1);
	smc(PSCI_SYSTEM_OFF, 0);
	assert_int_equal(vm.state, VM_OFF);
	/* off is off: what a vCPU says now is not heard */
	fault(seL4_Fault_VCPUFault, 1, WFI, 0, 0, 0);
	assert_int_equal(vm.state, VM_OFF);
}

/* By hvc a guest can send anything on its fault endpoint. */
static void test_forged(void **state)
{
	static const seL4_Word labels[] = { 0, 4, 9, 77, ~0ull >> 12 };

	start(LISTS);
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		fault(labels[i], 4, 1, 2, 3, 4);
	assert_int_equal(vm.stats.forged, 5);
	fault(seL4_Fault_VMFault, 3, 0, 0, 0, STORE);		/* wrong length */
	fault(seL4_Fault_VMFault, 4, 0, 0, 0, WFI);		/* no abort */
	fault(seL4_Fault_VCPUFault, 1, STORE, 0, 0, 0);		/* an abort */
	fault(seL4_Fault_VPPIEvent, 1, 99, 0, 0, 0);
	fault(seL4_Fault_VPPIEvent, 2, 27, 0, 0, 0);
	fault(seL4_Fault_VGICMaintenance, 1, 1000, 0, 0, 0);
	assert_int_equal(vm.stats.forged, 11);
	assert_int_equal(vm.state, VM_RUNNING);
	/* a vCPU that waits cannot have faulted */
	vm.vcpu[0].state = VCPU_WAIT_DEVICE;
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x5008, 0, STORE);
	assert_int_equal(vm.vcpu[0].state, VCPU_WAIT_DEVICE);
	assert_int_equal(vm.stats.forged, 12);
}

static void test_random_messages(void **state)
{
	srand(7);
	start(SEL4);
	object[seL4_VCPUReg_VBAR] = 0xffff0000;
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t esr = (uint64_t)rand() << 1;

		thread[3] = (uint64_t)rand();
		fault((seL4_Word)rand() % 11, (seL4_Word)rand() % 6, i & 1 ? esr : (uint64_t)rand(),
		      0x5000 + (uint64_t)rand() % 0x2000, 0, esr);
		if (vm.state != VM_RUNNING || vm.vcpu[0].state == VCPU_OFF) {
			start(i & 2 ? SHORT : SEL4);
			object[seL4_VCPUReg_VBAR] = 0xffff0000;
		}
		vm.vcpu[0].state = VCPU_RUNNING;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_store_and_load),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_wfi),
		cmocka_unit_test(test_timer_tick),
		cmocka_unit_test(test_short_faults),
		cmocka_unit_test(test_short_wait),
		cmocka_unit_test(test_short_timer),
		cmocka_unit_test(test_smc),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_random_messages),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
