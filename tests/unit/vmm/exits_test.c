/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault messages of a vCPU, real and forged, with the kernel's calls recorded. */
#include "fake_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/esr.h"
#include "arm/psci.h"
#include "exits.h"

#define thread	guest[0].thread
#define object	guest[0].object
#define lr	guest[0].gich.lr

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

#define CLASS(ec)	((uint32_t)(ec) << ESR_EC_SHIFT)
#define TRANSLATION_3	(ESR_DFSC_TRANSLATION + 3)
#define VECTORS		0xffff0000u
#define FETCH(dfsc)	(CLASS(ESR_EC_IABT_LOWER) | ESR_IL | (dfsc))
#define DATA(iss)	(CLASS(ESR_EC_DABT_LOWER) | ESR_IL | (iss))
#define EL0		0u
#define EL0_32		0x10u
#define EL1_SP0		4u
#define EL1		5u

static void start_with_vectors(uint64_t spsr, bool mmu)
{
	start(LISTS);
	object[seL4_VCPUReg_VBAR] = VECTORS;
	object[seL4_VCPUReg_SCTLR] |= mmu;
	thread[VCPU_PC] = 0x40001000;
	thread[VCPU_SPSR] = spsr;
}

/* The guest got an exception of this syndrome at this vector; FAR_EL1 only if it says that it is valid. */
static void expect_exception(uint32_t esr, uint64_t vector, uint64_t far)
{
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(object[seL4_VCPUReg_ESR], esr);
	assert_int_equal(object[seL4_VCPUReg_ELR_EL1], 0x40001000);
	assert_int_equal(thread[VCPU_PC], VECTORS + vector);
	assert_int_equal(thread[VCPU_SPSR], 0x3c5);
	if (!(esr & ESR_DABT_FNV))
		assert_int_equal(object[seL4_VCPUReg_FAR], far);
}

/* Where nothing is, or what is execute-never: at EL1 and EL0, also a walk of tables that are nowhere. */
static void test_fetch_abort(void **state)
{
	static const uint32_t esr[] = { FETCH(ESR_DFSC_TRANSLATION + 2), FETCH(ESR_DFSC_PERMISSION + 3),
					FETCH(ESR_DFSC_TRANSLATION + 1) | ESR_DABT_S1PTW, FETCH(0) };
	static const struct {
		uint64_t spsr, vector;
		uint32_t class;
	} from[] = {
		{ EL0, 0x400, ESR_EC_IABT_LOWER }, { EL0_32, 0x600, ESR_EC_IABT_LOWER },
		{ EL1, 0x200, ESR_EC_IABT }, { EL1_SP0, 0x000, ESR_EC_IABT },
	};

	for (size_t i = 0; i < 16; i++) {
		start_with_vectors(from[i / 4].spsr, i & 1);
		fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0, esr[i % 4]);
		expect_exception(CLASS(from[i / 4].class) | ESR_IL | ESR_DFSC_EXTERNAL,
				 from[i / 4].vector, 0x40001000);
	}
	/* without vectors it could only come again */
	start(LISTS);
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0, esr[0]);
	assert_int_equal(vm.state, VM_STOPPED);
	/* zero is where its vectors are if it has RAM there, or says so itself */
	start(LISTS);
	object[seL4_VCPUReg_SCTLR] |= 1;
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0, esr[0]);
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(thread[VCPU_PC], 0x200);
}

static void data_abort(uint64_t spsr, bool mmu, uint32_t iss, uint32_t expected, uint64_t vector)
{
	start_with_vectors(spsr, mmu);
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999010, 0, DATA(iss));
	expect_exception(expected | ESR_IL | ESR_DFSC_EXTERNAL, vector, 0x9999010);
}

#define FROM_EL0	(CLASS(ESR_EC_DABT_LOWER))
#define FROM_EL1	(CLASS(ESR_EC_DABT))
#define VALID		(ESR_DABT_ISV | 2u << 22)

static void test_data_aborts(void **state)
{
	/* the address is known only where virtual is physical */
	data_abort(EL1, false, VALID | ESR_DFSC_TRANSLATION, FROM_EL1, 0x200);
	data_abort(EL1, true, VALID | ESR_DFSC_TRANSLATION, FROM_EL1 | ESR_DABT_FNV, 0x200);
	data_abort(EL0, true, VALID | ESR_DFSC_TRANSLATION, FROM_EL0 | ESR_DABT_FNV, 0x400);
	data_abort(EL0_32, true, VALID | ESR_DFSC_TRANSLATION, FROM_EL0 | ESR_DABT_FNV, 0x600);
	/* a store; a load pair or an exclusive does not say what it is */
	data_abort(EL1, false, VALID | ESR_DABT_WNR | ESR_DFSC_PERMISSION, FROM_EL1 | ESR_DABT_WNR, 0x200);
	data_abort(EL1, false, TRANSLATION_3, FROM_EL1, 0x200);
	data_abort(EL1, false, ESR_DABT_WNR | TRANSLATION_3, FROM_EL1 | ESR_DABT_WNR, 0x200);
	/* translation tables that are nowhere: the walk is no access of the instruction's */
	data_abort(EL1, true, ESR_DABT_S1PTW | ESR_DFSC_TRANSLATION, FROM_EL1 | ESR_DABT_FNV, 0x200);
	data_abort(EL0, true, VALID | ESR_DABT_S1PTW | ESR_DABT_WNR | ESR_DFSC_PERMISSION,
		   FROM_EL0 | ESR_DABT_FNV, 0x400);
	data_abort(EL1, true, ESR_DABT_S1PTW | ESR_DABT_CM | ESR_DFSC_TRANSLATION,
		   FROM_EL1 | ESR_DABT_FNV, 0x200);
	/* beyond what stage 2 can address, and what a real device refused */
	data_abort(EL1, false, VALID, FROM_EL1, 0x200);
	data_abort(EL1, false, VALID | ESR_DFSC_EXTERNAL, FROM_EL1, 0x200);
}

/* A device that is there, accessed as nobody can answer: still the guest's own abort. */
static void test_impossible_accesses(void **state)
{
	static const struct {
		uint64_t address;
		uint32_t iss;
	} access[] = {
		{ 0x5008, ESR_DFSC_TRANSLATION },				/* no syndrome */
		{ 0x5ffe, VALID | ESR_DFSC_TRANSLATION },			/* across its end */
		{ 0x4ffe, VALID | ESR_DFSC_TRANSLATION },			/* across its beginning */
		{ 0x5ffc, ESR_DABT_ISV | 3u << 22 | ESR_DFSC_TRANSLATION },
		{ ~0ull - 1, VALID | ESR_DFSC_TRANSLATION },
		{ 0x5008, VALID | ESR_DABT_S1PTW | ESR_DFSC_TRANSLATION },
	};

	for (size_t i = 0; i < sizeof(access) / sizeof(access[0]); i++) {
		start_with_vectors(EL1, false);
		fault(seL4_Fault_VMFault, 4, 0x40001000, access[i].address, 0, DATA(access[i].iss));
		expect_exception(FROM_EL1 | ESR_IL | ESR_DFSC_EXTERNAL, 0x200, access[i].address);
	}
}

/* Cache maintenance by the address of a device, or of nothing, has no effect. */
static void test_cache_maintenance(void **state)
{
	scratch = 5;
	for (unsigned int i = 0; i < 2; i++) {
		start_with_vectors(EL1, true);
		fault(seL4_Fault_VMFault, 4, 0x40001000, i ? 0x5008 : 0x9999000, 0,
		      DATA(ESR_DABT_CM | ESR_DABT_WNR | TRANSLATION_3));
		assert_int_equal(thread[VCPU_PC], 0x40001004);
		assert_int_equal(object[seL4_VCPUReg_ESR], 0);
	}
	assert_int_equal(scratch, 5);
	start(SHORT);
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0,
	      DATA(ESR_DABT_CM | ESR_DABT_WNR | ESR_DFSC_TRANSLATION));
	assert_true(vm.reply && vm.reply_done);
}

/* What no class has a handler for, unknown registers: undefined; an unknown call: not supported. */
static void test_undefined(void **state)
{
	static const uint32_t esr[] = {
		ESR_IL,					/* unknown reason */
		CLASS(3u) | ESR_IL,		/* CP15 by a 32-bit program */
		CLASS(ESR_EC_FP) | ESR_IL,
		CLASS(ESR_EC_SYSREG) | ESR_IL | 3u << 20 | 6u << 14 | 1u << 10,
		CLASS(ESR_EC_SERROR) | ESR_IL,
		CLASS(0x3fu) | ESR_IL,
	};

	for (size_t i = 0; i < sizeof(esr) / sizeof(esr[0]); i++) {
		start_with_vectors(i & 1 ? EL0 : EL1, true);
		fault(seL4_Fault_VCPUFault, 1, esr[i], 0, 0, 0);
		expect_exception(ESR_IL, i & 1 ? 0x400 : 0x200, 0);
	}
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

/* ---- the physical timer ---- */

#define CNTPCT		ESR_SYSREG(3u, 3u, 14u, 0u, 1u)
#define CNTP_TVAL	ESR_SYSREG(3u, 3u, 14u, 2u, 0u)
#define CNTP_CTL	ESR_SYSREG(3u, 3u, 14u, 2u, 1u)
#define CNTP_CVAL	ESR_SYSREG(3u, 3u, 14u, 2u, 2u)

static uint32_t sysreg(uint32_t name, unsigned int n, bool read)
{
	return (uint32_t)ESR_EC_SYSREG << ESR_EC_SHIFT | ESR_IL | name | n << 5 | read;
}

static void write_timer(uint32_t name, uint64_t value)
{
	thread[6] = value;			/* x3 */
	fault(seL4_Fault_VCPUFault, vm.vcpu[0].brief ? 4 : 1, sysreg(name, 3, false), value, 0, 0);
	vm.reply = vm.reply_done = false;
}

static uint64_t read_timer(uint32_t name)
{
	thread[6] = ~0ull;
	fault(seL4_Fault_VCPUFault, vm.vcpu[0].brief ? 4 : 1, sysreg(name, 3, true), 0, 0, 0);
	if (vm.vcpu[0].brief) {
		assert_true(vm.reply && vm.reply_done);
		vm.reply = vm.reply_done = false;
		return vm.reply_value;
	}
	return thread[6];
}

static void timer_signal(uint64_t now)
{
	counter = now;
	vm_event(&vm, vm.config.timer_badge);
	vm_settle(&vm);
}

static bool line_is_up(void)
{
	return vgic_irq(&vm.gic, 0, 30)->level;
}

static void start_timer(enum kernel_kind kind)
{
	start(kind);
	vgic_set_ctlr(&vm.gic, 1);
	vgic_enable(&vm.gic, vgic_irq(&vm.gic, 0, 30), true);
	thread[VCPU_PC] = 0x40001000;
}

static void test_physical_timer_registers(void **state)
{
	for (enum kernel_kind kind = SEL4; kind <= SHORT; kind++) {
		start_timer(kind);
		counter = 5000;
		assert_int_equal(read_timer(CNTPCT), 5000);
		assert_int_equal(read_timer(CNTP_CTL), 0);
		write_timer(CNTP_CVAL, 7000);
		assert_int_equal(read_timer(CNTP_CVAL), 7000);
		assert_int_equal(read_timer(CNTP_TVAL), 2000);
		counter = 7500;
		assert_int_equal(read_timer(CNTP_TVAL), 0xfffffe0c);	/* 32 bits, signed */
		assert_int_equal(read_timer(CNTP_CTL), 0);		/* no status of a disabled one */
		write_timer(CNTP_TVAL, 100);
		assert_int_equal(read_timer(CNTP_CVAL), 7600);
		write_timer(CNTP_TVAL, 0xffffffffffffff9c);		/* -100 */
		assert_int_equal(read_timer(CNTP_CVAL), 7400);
		write_timer(CNTP_TVAL, 0x80000000);
		assert_int_equal(read_timer(CNTP_CVAL), 7500ull - 0x80000000);
		write_timer(CNTP_CTL, ~0ull);
		assert_int_equal(read_timer(CNTP_CTL), 3);		/* CVAL wrapped: far away */
		write_timer(CNTP_CVAL, 7500);
		assert_int_equal(read_timer(CNTP_CTL), 7);
		assert_false(line_is_up());				/* masked */
	}
}

static void test_physical_timer_line(void **state)
{
	start_timer(SHORT);
	counter = 5000;
	write_timer(CNTP_CVAL, 6000);
	assert_int_equal(deadline, ~0ull);		/* disabled: nothing is asked of the server */
	write_timer(CNTP_CTL, 1);
	assert_int_equal(deadline, 6000);
	timer_signal(5999);				/* not believed: the counter says no */
	assert_false(line_is_up());
	assert_int_equal(deadline, 6000);
	timer_signal(6000);
	assert_true(line_is_up());
	assert_int_equal(lr[0] & 0x3ff, 30);
	assert_int_equal(read_timer(CNTP_CTL), 5);
	write_timer(CNTP_CTL, 3);
	assert_false(line_is_up());
	assert_int_equal(lr[0] & 0x10000000, 0);	/* nor is it pending any more */
	write_timer(CNTP_CTL, 1);
	assert_true(line_is_up());
	write_timer(CNTP_TVAL, 50);
	assert_false(line_is_up());
	assert_int_equal(deadline, 6050);
	write_timer(CNTP_CVAL, 6000);			/* in the past: at once */
	assert_true(line_is_up());
	write_timer(CNTP_CVAL, ~0ull);
	assert_false(line_is_up());
	timer_signal(6060);
	assert_false(line_is_up());
	write_timer(CNTP_CVAL, 0);
	assert_true(line_is_up());
	write_timer(CNTP_CTL, 0);
	assert_false(line_is_up());
}

/* With only the physical timer armed a wfi ends when that one fires; the earlier of the two counts. */
static void test_physical_timer_wakes(void **state)
{
	start_timer(SHORT);
	write_timer(CNTP_CVAL, 6000);
	write_timer(CNTP_CTL, 1);
	fault(seL4_Fault_VCPUFault, 4, WFI, 0, 0, 15);
	assert_int_equal(vm.vcpu[0].state, VCPU_WAIT_INTERRUPT);
	timer_signal(6000);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	vm.reply = vm.reply_done = false;
	write_timer(CNTP_CVAL, 9000);
	lr[0] = 0;
	fault(seL4_Fault_VCPUFault, 4, WFI, 1, 8000, 15);
	assert_int_equal(deadline, 8000);
	timer_signal(8000);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	assert_false(line_is_up());
	assert_int_equal(deadline, 9000);
}

static void test_physical_timer_reset(void **state)
{
	start_timer(SHORT);
	write_timer(CNTP_CVAL, 6000);
	write_timer(CNTP_CTL, 1);
	vcpu_stop(&vm.vcpu[0]);
	timer_signal(6000);
	assert_false(line_is_up());
	assert_true(vcpu_start(&vm.vcpu[0], 0x40000000, 0));
	assert_int_equal(read_timer(CNTP_CTL), 0);
	assert_int_equal(read_timer(CNTP_CVAL), 0);
}

/* Without a counter there is nothing to emulate it with: the guest is told so, not left with a zero. */
static void test_no_counter(void **state)
{
	start_timer(LISTS);
	vm.counter_frequency = 0;
	object[seL4_VCPUReg_VBAR] = 0xffff0000;
	write_timer(CNTP_CTL, 1);
	assert_int_equal(thread[VCPU_PC], 0xffff0200);
	assert_int_equal(object[seL4_VCPUReg_ESR], ESR_IL);
	/* and a register that only reads cannot be written */
	start_timer(LISTS);
	object[seL4_VCPUReg_VBAR] = 0xffff0000;
	write_timer(CNTPCT, 1);
	assert_int_equal(thread[VCPU_PC], 0xffff0200);
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
	/* the calls that are defined have a zero in the instruction */
	thread[3] = PSCI_SYSTEM_OFF;
	fault(seL4_Fault_VCPUFault, 1, SMC | 7, 0, 0, 0);
	assert_int_equal((int64_t)thread[3], -1);
	assert_int_equal(vm.state, VM_RUNNING);
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

/* ---- the log ---- */

static unsigned int lines_of(void (*cause)(void), unsigned int times)
{
	FILE *before = stderr;
	unsigned int lines = 0;
	size_t length = 0;
	char *text = NULL;

	start_with_vectors(EL1, false);
	stderr = open_memstream(&text, &length);
	for (unsigned int i = 0; i < times; i++) {
		thread[VCPU_PC] = 0x40001000;
		cause();
	}
	fclose(stderr);
	stderr = before;
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	if (times == 1024)
		assert_non_null(strstr(text, "(1024 times)"));
	free(text);
	return lines;
}

static void cause_abort(void)
{
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0, LOAD);
}

static void cause_fetch_abort(void)
{
	fault(seL4_Fault_VMFault, 4, 0x40001000, 0x9999000, 0, FETCH(ESR_DFSC_TRANSLATION));
}

static void cause_undefined(void)
{
	fault(seL4_Fault_VCPUFault, 1, CLASS(3u), 0, 0, 0);
}

static void cause_ignored_register(void)
{
	fault(seL4_Fault_VCPUFault, 1, CLASS(ESR_EC_SYSREG) | ESR_IL | 2u << 20, 0, 0, 0);
}

static void cause_forged(void)
{
	fault(77, 0, 0, 0, 0, 0);
}

static void cause_hvc(void)
{
	fault(seL4_Fault_UnknownSyscall, 12, 0, 0, 0, 0);
}

/* Each place: all of the first 16, then the powers of two. */
static void test_log_limit(void **state)
{
	static void (*const cause[])(void) = {
		cause_abort, cause_fetch_abort, cause_undefined, cause_ignored_register,
		cause_forged, cause_hvc,
	};

	for (size_t i = 0; i < sizeof(cause) / sizeof(cause[0]); i++) {
		assert_int_equal(lines_of(cause[i], 16), 16);
		assert_int_equal(lines_of(cause[i], 31), 16);
		assert_int_equal(lines_of(cause[i], 1024), 16 + 6);
	}
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
		cmocka_unit_test(test_fetch_abort),
		cmocka_unit_test(test_data_aborts),
		cmocka_unit_test(test_impossible_accesses),
		cmocka_unit_test(test_cache_maintenance),
		cmocka_unit_test(test_undefined),
		cmocka_unit_test(test_wfi),
		cmocka_unit_test(test_timer_tick),
		cmocka_unit_test(test_short_faults),
		cmocka_unit_test(test_short_wait),
		cmocka_unit_test(test_short_timer),
		cmocka_unit_test(test_physical_timer_registers),
		cmocka_unit_test(test_physical_timer_line),
		cmocka_unit_test(test_physical_timer_wakes),
		cmocka_unit_test(test_physical_timer_reset),
		cmocka_unit_test(test_no_counter),
		cmocka_unit_test(test_smc),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_log_limit),
		cmocka_unit_test(test_random_messages),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
