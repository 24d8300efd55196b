/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest of one page: exits, injection, its virtual timer, and the end of its vCPU (ABI 6). */
#include "root.h"

#define CNODE		seL4_CapInitThreadCNode
#define CODE		0x2000UL	/* guest-physical */
#define DATA		0x3000UL
#define GICV		0x08040000UL
#define GUEST_IRQ	40

extern const char guest_code[], guest_code_end[];

static struct {
	seL4_CPtr endpoint, ntfn, space, vcpu, tcb, gicv;
} vm;

static void tables(seL4_Word address)
{
	while (!seL4_ARM_PageTable_Map(root_object(seL4_ARM_PageTableObject, 0), vm.space, address,
				       seL4_ARM_Default_VMAttributes))
		;
}

static void guest_page(seL4_Word address, const char *contents, seL4_Word bytes)
{
	seL4_Word window = ROOT_PAGES + 0x20000;
	seL4_CPtr frame = root_map(window), copy = root_slot();

	for (seL4_Word i = 0; i < bytes; i++)
		((volatile char *)window)[i] = contents[i];
	CHECK_EQUAL(seL4_ARM_Page_Unify_Instruction(frame, 0, 0x1000), 0);
	CHECK_EQUAL(seL4_CNode_Copy(CNODE, copy, 64, CNODE, frame, 64, seL4_AllRights), 0);
	CHECK_EQUAL(seL4_ARM_Page_Map(copy, vm.space, address, seL4_ReadWrite,
				      seL4_ARM_Default_VMAttributes), 0);
	CHECK_EQUAL(seL4_ARM_Page_Unmap(frame), 0);
}

/* The guest's CSpace: slot 0 its fault endpoint, slot 1 a notification. */
static seL4_CPtr make_cspace(void)
{
	seL4_CPtr node = root_object(seL4_CapTableObject, 1);

	CHECK_EQUAL(seL4_CNode_Mint(node, 0, 1, CNODE, vm.endpoint, 64, seL4_AllRights, 3), 0);
	CHECK_EQUAL(seL4_CNode_Mint(node, 1, 1, CNODE, vm.ntfn, 64, seL4_AllRights, 16), 0);
	return node;
}

static void make_vm(void)
{
	seL4_UserContext regs = { .pc = CODE, .spsr = 0x3c5 };

	vm.endpoint = root_object(seL4_EndpointObject, 0);
	vm.ntfn = root_object(seL4_NotificationObject, 0);
	vm.space = root_object(seL4_ARM_VSpaceObject, 0);
	CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vm.space), 0);
	vm.vcpu = root_object(seL4_ARM_VCPUObject, 0);
	vm.tcb = root_object(seL4_TCBObject, 0);
	tables(CODE);
	tables(GICV);
	guest_page(CODE, guest_code, (seL4_Word)(guest_code_end - guest_code));
	vm.gicv = root_device_page(GICV);
	CHECK_EQUAL(seL4_ARM_Page_Map(vm.gicv, vm.space, GICV, seL4_ReadWrite, 0), 0);
	CHECK_EQUAL(seL4_TCB_Configure(vm.tcb, 0, make_cspace(), 63, vm.space, 0, 0, 0), 0);
	CHECK_EQUAL(seL4_TCB_SetPriority(vm.tcb, seL4_CapInitThreadTCB, 100), 0);
	CHECK_EQUAL(seL4_ARM_VCPU_SetTCB(vm.vcpu, vm.tcb), 0);
	CHECK_EQUAL(seL4_ARM_VCPU_ReadRegs(vm.vcpu, 24).error, seL4_InvalidArgument);
	CHECK_EQUAL(seL4_ARM_VCPU_ReadRegs(vm.vcpu, seL4_VCPUReg_SCTLR).value, 0x34d58820);
	CHECK_EQUAL(seL4_ARM_VCPU_WriteRegs(vm.vcpu, seL4_VCPUReg_VMPIDR_EL2, 0x80000007UL), 0);
	CHECK_EQUAL(seL4_TCB_WriteRegisters(vm.tcb, 1, 0, 3, &regs), 0);
}

static seL4_UserContext registers(void)
{
	seL4_UserContext regs;

	CHECK_EQUAL(seL4_TCB_ReadRegisters(vm.tcb, 0, 0, 36, &regs), 0);
	return regs;
}

/* Waits for an exit and answers it when done with. */
static seL4_Word take(seL4_Word label)
{
	seL4_Word badge;
	seL4_MessageInfo_t info = seL4_Recv(vm.endpoint, &badge);

	CHECK_EQUAL(badge, 3);
	if (seL4_MessageInfo_get_label(info) != label)
		root_print("exit with %x, %x, %x, %x\n", seL4_GetMR(0), seL4_GetMR(1),
			   seL4_GetMR(2), seL4_GetMR(3));
	CHECK_EQUAL(seL4_MessageInfo_get_label(info), label);
	return seL4_GetMR(0);
}

static void skip_and_reply(void)
{
	seL4_UserContext regs = registers();

	regs.pc += 4;
	CHECK_EQUAL(seL4_TCB_WriteRegisters(vm.tcb, 0, 0, 1, &regs), 0);
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 0));
}

/* The answer to an unknown system call carries x0 to x7 and the address to go on at. */
static void skip_system_call(void)
{
	seL4_UserContext regs = registers();
	const seL4_Word *x = &regs.x0;

	for (unsigned int i = 0; i < 8; i++)
		seL4_SetMR(i, x[i]);
	seL4_SetMR(8, regs.pc + 4);
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 9));
}

static void system_calls(void)
{
	seL4_Word badge;

	CHECK_EQUAL(take(seL4_Fault_UnknownSyscall), 5);
	CHECK_EQUAL(seL4_GetMR(12), 77);
	CHECK_EQUAL(registers().x20, 1);
	CHECK_EQUAL(registers().x21, 0x80000007UL);
	CHECK_EQUAL(registers().x22, 4);		/* EL1 */
	CHECK_EQUAL(registers().spsr & 0x3cf, 0x3c5);
	skip_system_call();
	CHECK_EQUAL(take(seL4_Fault_UnknownSyscall), 33);
	CHECK_EQUAL(registers().x20, 2);
	skip_system_call();
	CHECK_EQUAL(take(seL4_Fault_VCPUFault) >> 26, 1);	/* wfi */
	CHECK_EQUAL(registers().x20, 4);
	seL4_Poll(vm.ntfn, &badge);
	CHECK_EQUAL(badge, 16);
}

static void injection(void)
{
	CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vm.vcpu, 1024, 0, 0, 0), seL4_RangeError);
	CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vm.vcpu, GUEST_IRQ, 0, 0, 4), seL4_RangeError);
	CHECK_EQUAL(seL4_GetMR(1), 3);
	CHECK_EQUAL(seL4_ARM_VCPU_InjectIRQ(vm.vcpu, GUEST_IRQ, 0, 0, 1), 0);
	skip_and_reply();
	CHECK_EQUAL(take(seL4_Fault_VGICMaintenance), 1);
	CHECK_EQUAL(registers().x24, GUEST_IRQ);
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 0));
}

static void stage_2_fault(void)
{
	take(seL4_Fault_VMFault);
	CHECK_EQUAL(seL4_GetMR(1), DATA);
	CHECK_EQUAL(seL4_GetMR(3) >> 24, 0x93);		/* with syndrome, a 64-bit access */
	guest_page(DATA, "", 0);
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 0));
}

static void virtual_timer(void)
{
	CHECK_EQUAL(take(seL4_Fault_VPPIEvent), 27);
	CHECK_EQUAL(registers().x20, 6);
	CHECK_EQUAL(seL4_ARM_VCPU_ReadRegs(vm.vcpu, seL4_VCPUReg_CNTV_CTL).value & 1, 1);
	CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(vm.vcpu, 26), seL4_InvalidArgument);
	CHECK_EQUAL(seL4_ARM_VCPU_AckVPPI(vm.vcpu, 27), 0);
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 0));
	take(seL4_Fault_VPPIEvent);			/* the line is still high */
	CHECK_EQUAL(seL4_ARM_VCPU_WriteRegs(vm.vcpu, seL4_VCPUReg_CNTV_CTL, 0), 0);
}

void test_guest(void)
{
	make_vm();
	system_calls();
	injection();
	stage_2_fault();
	virtual_timer();
	CHECK_EQUAL(seL4_CNode_Delete(CNODE, vm.vcpu, 64), 0);
	CHECK_EQUAL(registers().spsr & 15, 0);
	CHECK_EQUAL(seL4_CNode_Delete(CNODE, vm.tcb, 64), 0);
}
