/* SPDX-License-Identifier: BSD-2-Clause */
/* Short faults: the four words, and what a reply does (docs/kernel.md). */
#include "world.h"

#include <arch/machine.h>
#include <arm/esr.h>
#include <arm/gicv2.h>

#include "../../../kernel/object/vcpu.h"

#define EP		(S_FREE + 0)
#define GUEST		(S_FREE + 2)	/* and its buffer */
#define REPLY		(S_FREE + 4)
#define VCPU		(S_FREE + 5)
#define ADDRESS		0x0a000000UL
#define IP		0x40001000UL
#define EC(ec)		((u32)(ec) << ESR_EC_SHIFT | ESR_IL)
#define DABT(more)	(EC(ESR_EC_DABT_LOWER) | (more))
#define SRT(n)		((u32)(n) << 16)

static struct tcb *guest;

static int setup(void **state)
{
	world_setup(state);
	world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 1);
	guest = world_thread(GUEST, 254);
	guest->fault_handler = EP;
	world_retype(S_UNTYPED, seL4_ARM_VCPUObject, 0, VCPU, 1);
	world_set_caps(1, (u64)GUEST);
	world_call(VCPU, ARMVCPUSetTCB, 1, 0);
	world_call(VCPU, ARMVCPUWriteReg, 0, 2, (u64)PEERVISOR_VCPU_SHORT_FAULTS, 1UL);
	world_call(VCPU, ARMVCPUWriteReg, 0, 2, (u64)seL4_VCPUReg_CNTV_CTL, 5UL);
	world_call(VCPU, ARMVCPUWriteReg, 0, 2, (u64)seL4_VCPUReg_CNTV_CVAL, 0x1234UL);
	*gich_register(GICH_ELRSR0) = 0xe;
	for (unsigned int i = 0; i < 31; i++)
		guest->context.x[i] = 0x100 + i;
	return 0;
}

/* The root waits, so that the guest runs and faults. */
static struct answer fault(bool vm, u32 esr)
{
	if (sched_current == world_root)
		world_trap(SEL4_SYS_RECV, EP, 0);
	assert_ptr_equal(sched_current, guest);
	guest->context.next_ip = guest->context.fault_ip = IP;
	if (vm)
		kernel_vm_fault(ADDRESS, esr, ESR_EC(esr) == ESR_EC_IABT_LOWER);
	else
		kernel_vcpu_fault(esr);
	assert_ptr_equal(sched_current, world_root);
	return world_answer(world_root);
}

static void reply(u64 label, unsigned int length, u64 value)
{
	world_set_mr(0, value);
	world_trap(SEL4_SYS_REPLY_RECV, EP, message_info(label, 0, 0, length));
	assert_ptr_equal(sched_current, guest);
}

static void assert_registers_but(unsigned int changed)
{
	for (unsigned int i = 0; i < 31; i++)
		if (i != changed)
			assert_int_equal(guest->context.x[i], 0x100 + i);
}

static void message_of_an_access(void **state)
{
	struct answer a = fault(true, DABT(ESR_DABT_ISV | ESR_DABT_WNR | SRT(7)));

	assert_int_equal(a.label, seL4_Fault_VMFault);
	assert_int_equal(a.length, 4);
	assert_int_equal(a.mr[0], IP);
	assert_int_equal(a.mr[1], ADDRESS);
	assert_int_equal(a.mr[2], 0x107);
	assert_int_equal(a.mr[3], DABT(ESR_DABT_ISV | ESR_DABT_WNR | SRT(7)));
	reply(0, 0, 1);
	assert_int_equal(guest->context.next_ip, IP);
	assert_int_equal(fault(true, DABT(ESR_DABT_ISV | ESR_DABT_WNR | SRT(31))).mr[2], 0);
	reply(0, 0, 1);
	assert_int_equal(fault(true, DABT(ESR_DABT_ISV | SRT(7))).mr[2], 0);
	reply(0, 0, 1);
	assert_int_equal(fault(true, DABT(ESR_DABT_WNR | SRT(7))).mr[2], 0);
	reply(0, 0, 1);
	assert_int_equal(fault(true, EC(ESR_EC_IABT_LOWER)).mr[2], 0);
	assert_registers_but(31);
}

static void a_load_gets_the_word(void **state)
{
	fault(true, DABT(ESR_DABT_ISV | SRT(30)));
	reply(0, 1, ~0UL);
	assert_int_equal(guest->context.next_ip, IP + 4);
	assert_int_equal(guest->context.x[30], ~0UL);
	assert_registers_but(30);
}

/* Stores, accesses without syndrome, to the zero register, fetches: on, and nothing else. */
static void others_ignore_the_word(void **state)
{
	static const u32 syndromes[] = {
		DABT(ESR_DABT_ISV | ESR_DABT_WNR | SRT(3)), DABT(SRT(3)),
		DABT(ESR_DABT_ISV | SRT(31)), EC(ESR_EC_IABT_LOWER),
	};

	for (unsigned int i = 0; i < 4; i++) {
		fault(true, syndromes[i]);
		reply(0, 4, 0x55);
		assert_int_equal(guest->context.next_ip, IP + 4);
		assert_registers_but(31);
	}
	fault(true, DABT(ESR_DABT_ISV | ESR_DABT_WNR | SRT(3)) & ~ESR_IL);
	reply(0, 1, 0x55);
	assert_int_equal(guest->context.next_ip, IP + 2);
	fault(false, EC(ESR_EC_WFX));
	reply(0, 1, 0x55);
	assert_int_equal(guest->context.next_ip, IP + 4);
	assert_registers_but(31);
}

static void calls_and_registers(void **state)
{
	struct answer a = fault(false, EC(ESR_EC_SMC64));

	assert_int_equal(a.label, seL4_Fault_VCPUFault);
	assert_int_equal(a.length, 4);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(a.mr[1 + i], 0x100 + i);
	reply(0, 1, 0x77);
	assert_int_equal(guest->context.x[0], 0x77);
	guest->context.x[0] = 0x100;
	a = fault(false, EC(ESR_EC_SYSREG) | 9 << 5);			/* write from x9 */
	assert_int_equal(a.mr[1], 0x109);
	reply(0, 1, 0x77);
	a = fault(false, EC(ESR_EC_SYSREG) | 31 << 5);
	assert_int_equal(a.mr[1], 0);
	reply(0, 1, 0x77);
	assert_registers_but(31);
	a = fault(false, EC(ESR_EC_SYSREG) | 9 << 5 | ESR_SYSREG_READ);
	assert_int_equal(a.mr[1], 0);
	reply(0, 1, 0x77);
	assert_int_equal(guest->context.x[9], 0x77);
	assert_registers_but(9);
}

static void idle_state_comes_with_wfi(void **state)
{
	struct answer a = fault(false, EC(ESR_EC_WFX));

	assert_int_equal(a.length, 4);
	assert_int_equal(a.mr[0], EC(ESR_EC_WFX));
	assert_int_equal(a.mr[1], 5);
	assert_int_equal(a.mr[2], 0x1234);
	assert_int_equal(a.mr[3], 0xe);
	reply(0, 0, 1);
	assert_int_equal(guest->context.next_ip, IP);
	a = fault(false, EC(ESR_EC_BRK));
	assert_int_equal(a.length, 4);
	for (unsigned int i = 1; i < 4; i++)
		assert_int_equal(a.mr[i], 0);
}

/* A label, or a vCPU that did not ask: as upstream. */
static void upstream_replies(void **state)
{
	struct answer a;

	fault(true, DABT(ESR_DABT_ISV | SRT(3)));
	reply(1, 1, 0x55);
	assert_int_equal(guest->context.next_ip, IP);
	guest->vcpu->short_faults = false;
	a = fault(true, DABT(ESR_DABT_ISV | ESR_DABT_WNR | SRT(3)));
	assert_int_equal(a.mr[2], 0);
	assert_int_equal(a.mr[3], DABT(ESR_DABT_ISV | ESR_DABT_WNR | SRT(3)));
	/* Switched on between fault and reply: the fault keeps its form. */
	guest->vcpu->short_faults = true;
	reply(0, 1, 0x55);
	assert_int_equal(guest->context.next_ip, IP);
	guest->vcpu->short_faults = false;
	assert_int_equal(fault(false, EC(ESR_EC_WFX)).length, 1);
	reply(0, 1, 0x55);
	assert_int_equal(guest->context.next_ip, IP);
	assert_registers_but(31);
}

static void other_ways_to_answer(void **state)
{
	fault(true, DABT(ESR_DABT_ISV | SRT(3)));
	assert_int_equal(world_call(S_CNODE, CNodeSaveCaller, 0, 2, (u64)REPLY, 64UL).label, 0);
	world_set_mr(0, 0x33);
	world_trap(SEL4_SYS_SEND, REPLY, message_info(0, 0, 0, 1));
	assert_int_equal(guest->context.x[3], 0x33);
	world_trap(SEL4_SYS_RECV, EP, 0);
	assert_int_equal(guest->context.next_ip, IP + 4);
	fault(true, DABT(ESR_DABT_ISV | SRT(3)));
	world_set_mr(0, 0x34);
	world_trap(SEL4_SYS_REPLY, 0, message_info(0, 0, 0, 1));
	assert_int_equal(guest->context.x[3], 0x34);
	fault(true, DABT(ESR_DABT_ISV | SRT(3)));
	/* Without a reply: the VMM writes the registers and lets it run. */
	assert_int_equal(world_call(GUEST, TCBWriteRegisters, 0, 3, 1UL, 1UL, IP + 8).label, 0);
	world_trap(SEL4_SYS_RECV, EP, 0);
	assert_ptr_equal(sched_current, guest);
	assert_int_equal(guest->context.next_ip, IP + 8);
	assert_int_equal(guest->context.x[3], 0x34);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(message_of_an_access, setup),
		cmocka_unit_test_setup(a_load_gets_the_word, setup),
		cmocka_unit_test_setup(others_ignore_the_word, setup),
		cmocka_unit_test_setup(calls_and_registers, setup),
		cmocka_unit_test_setup(idle_state_comes_with_wfi, setup),
		cmocka_unit_test_setup(upstream_replies, setup),
		cmocka_unit_test_setup(other_ways_to_answer, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
