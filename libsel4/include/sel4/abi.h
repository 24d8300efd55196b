/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's interface in numbers: what the kernel decodes and user space
 * encodes. seL4's ABI, release 16.0, AArch64, hypervisor, non-MCS, GICv2.
 * Section numbers name docs/kernel.md's source, the ABI page.
 *
 * Safe to include from assembly (only the macros are visible there).
 */
#ifndef SEL4_ABI_H
#define SEL4_ABI_H

/* 1.2 System call numbers, taken from x7 as a signed 64-bit value. */
#define SEL4_SYS_CALL			(-1)
#define SEL4_SYS_REPLY_RECV		(-2)
#define SEL4_SYS_SEND			(-3)
#define SEL4_SYS_NB_SEND		(-4)
#define SEL4_SYS_RECV			(-5)
#define SEL4_SYS_REPLY			(-6)
#define SEL4_SYS_YIELD			(-7)
#define SEL4_SYS_NB_RECV		(-8)
#define SEL4_SYS_DEBUG_PUT_CHAR		(-9)
#define SEL4_SYS_DEBUG_DUMP_SCHEDULER	(-10)
#define SEL4_SYS_DEBUG_HALT		(-11)
#define SEL4_SYS_DEBUG_CAP_IDENTIFY	(-12)
#define SEL4_SYS_DEBUG_SNAPSHOT		(-13)
#define SEL4_SYS_DEBUG_NAME_THREAD	(-14)
#define SEL4_SYS_DEBUG_SEND_IPI		(-15)	/* several cores only */
#define SEL4_SYS_DEBUG_GET_THREAD_AFFINITY (-16)

/* 1.4 Message info word. */
#define SEL4_MSG_LENGTH_BITS		7
#define SEL4_MSG_EXTRA_CAPS_SHIFT	7
#define SEL4_MSG_UNWRAPPED_SHIFT	9
#define SEL4_MSG_LABEL_SHIFT		12
#define SEL4_MSG_MAX_LENGTH		120
#define SEL4_MSG_MAX_EXTRA_CAPS		3
#define SEL4_MSG_REGISTERS		4	/* x2..x5 */

/* 1.5 IPC buffer: byte offsets. */
#define SEL4_IPC_BUFFER_BITS		10
#define SEL4_IPC_BUFFER_MSG		8
#define SEL4_IPC_BUFFER_CAPS		976
#define SEL4_IPC_BUFFER_RECV_CNODE	1000
#define SEL4_IPC_BUFFER_RECV_INDEX	1008
#define SEL4_IPC_BUFFER_RECV_DEPTH	1016

/* 3.1 Object sizes, log2 bytes. */
#define SEL4_SLOT_BITS			5
#define SEL4_TCB_BITS			11
#define SEL4_ENDPOINT_BITS		4
#define SEL4_NOTIFICATION_BITS		5
#define SEL4_PAGE_BITS			12
#define SEL4_LARGE_PAGE_BITS		21
#define SEL4_HUGE_PAGE_BITS		30
#define SEL4_PAGE_TABLE_BITS		12
#define SEL4_VSPACE_BITS		12	/* 44-bit cores: A57, A72 */
#define SEL4_VSPACE_BITS_40		13	/* 40-bit cores: A53 */
#define SEL4_VCPU_BITS			12
#define SEL4_ASID_POOL_BITS		12
#define SEL4_MIN_UNTYPED_BITS		4
#define SEL4_MAX_UNTYPED_BITS		47
#define SEL4_RETYPE_FAN_OUT		256
#define SEL4_USER_TOP			0xfffffffffffUL	/* inclusive, 44-bit cores */

#define SEL4_MAX_PRIORITY		255
#define SEL4_TCB_REGISTERS		36
#define SEL4_VCPU_REGISTERS		24

/* 3.3 Rights. */
#define SEL4_RIGHT_WRITE		1
#define SEL4_RIGHT_READ			2
#define SEL4_RIGHT_GRANT		4
#define SEL4_RIGHT_GRANT_REPLY		8

/* 6.3 Mapping attributes. */
#define SEL4_ATTR_CACHEABLE		1
#define SEL4_ATTR_PARITY		2
#define SEL4_ATTR_EXECUTE_NEVER		4

/* 8.3 Initial capability space. */
#define SEL4_ROOT_CNODE_RADIX		12
#define SEL4_ROOT_CNODE_GUARD_BITS	52
#define SEL4_SLOT_NULL			0
#define SEL4_SLOT_INIT_TCB		1
#define SEL4_SLOT_INIT_CNODE		2
#define SEL4_SLOT_INIT_VSPACE		3
#define SEL4_SLOT_IRQ_CONTROL		4
#define SEL4_SLOT_ASID_CONTROL		5
#define SEL4_SLOT_INIT_ASID_POOL	6
#define SEL4_SLOT_IO_PORT_CONTROL	7
#define SEL4_SLOT_IO_SPACE		8
#define SEL4_SLOT_BOOT_INFO		9
#define SEL4_SLOT_INIT_IPC_BUFFER	10
#define SEL4_SLOT_DOMAIN		11
#define SEL4_SLOT_SMC			15
#define SEL4_SLOT_FIRST_DYNAMIC		16

#define SEL4_BOOTINFO_FRAME_BITS	12
#define SEL4_BOOTINFO_MAX_UNTYPEDS	230
#define SEL4_BOOTINFO_HEADER_FDT	6

/* Peervisor's extension of VCPU_ReadReg/WriteReg, probed at start: list registers. */
#define PEERVISOR_VCPU_LR		0x50560000	/* + i: list register i, all bits */
#define PEERVISOR_VCPU_ELRSR		0x50560040
#define PEERVISOR_VCPU_VMCR		0x50560041
#define PEERVISOR_VCPU_APR		0x50560042
#define PEERVISOR_VCPU_HCR		0x50560043
#define PEERVISOR_VCPU_SHORT_FAULTS	0x50560050	/* 1: faults of four words; docs/kernel.md */
#define PEERVISOR_VCPU_TIMER		0x50560051	/* the virtual timer without its VMM */
#define PEERVISOR_VCPU_COUNTER		0x50560052	/* 1: it reads CNTPCT_EL0 without a trap */
#define PEERVISOR_VCPU_PEND		0x50560080	/* + i: list register i, pending once more */

/*
 * Peervisor's extension of the domain capability: a label. Message registers: account, weight
 * (10 to 1000), band; capability 0: the thread. docs/kernel.md, "CPU time".
 */
#define PEERVISOR_DOMAIN_SET_ACCOUNT	0x50560001
#define PEERVISOR_ACCOUNTS		64	/* 0: none */
#define PEERVISOR_ACCOUNT_CALLER	255	/* a server's: whom it serves pays */

#ifndef __ASSEMBLER__

/* 2.1 Invocation labels: they depend on the variant (single core or SMP). */
enum sel4_invocation {
	InvalidInvocation,
	UntypedRetype,
	TCBReadRegisters,
	TCBWriteRegisters,
	TCBCopyRegisters,
	TCBConfigure,
	TCBSetPriority,
	TCBSetMCPriority,
	TCBSetSchedParams,
	TCBSetIPCBuffer,
	TCBSetSpace,
	TCBSuspend,
	TCBResume,
	TCBBindNotification,
	TCBUnbindNotification,
#ifdef SEL4_SMP
	TCBSetAffinity,
#endif
	TCBSetTLSBase,
	TCBSetFlags,
	CNodeRevoke,
	CNodeDelete,
	CNodeCancelBadgedSends,
	CNodeCopy,
	CNodeMint,
	CNodeMove,
	CNodeMutate,
	CNodeRotate,
	CNodeSaveCaller,
	IRQIssueIRQHandler,
	IRQAckIRQ,
	IRQSetIRQHandler,
	IRQClearIRQHandler,
	DomainSetSet,
	DomainScheduleConfigure,
	DomainScheduleSetStart,
	ARMVSpaceClean_Data,
	ARMVSpaceInvalidate_Data,
	ARMVSpaceCleanInvalidate_Data,
	ARMVSpaceUnify_Instruction,
	ARMSMCCall,
	ARMPageTableMap,
	ARMPageTableUnmap,
	ARMPageMap,
	ARMPageUnmap,
	ARMPageClean_Data,
	ARMPageInvalidate_Data,
	ARMPageCleanInvalidate_Data,
	ARMPageUnify_Instruction,
	ARMPageGetAddress,
	ARMASIDControlMakePool,
	ARMASIDPoolAssign,
	ARMVCPUSetTCB,
	ARMVCPUInjectIRQ,
	ARMVCPUReadReg,
	ARMVCPUWriteReg,
	ARMVCPUAckVPPI,
	ARMIRQIssueIRQHandlerTrigger,
#ifdef SEL4_SMP
	ARMIRQIssueIRQHandlerTriggerCore,
#else
	ARMIRQIssueSGISignal,
#endif
};

#ifdef SEL4_SMP
_Static_assert(ARMVCPUSetTCB == 50 && ARMIRQIssueIRQHandlerTriggerCore == 56, "ABI 2.1");
#else
_Static_assert(CNodeRevoke == 17 && ARMSMCCall == 37 && ARMVCPUSetTCB == 49 &&
	       ARMIRQIssueSGISignal == 55, "ABI 2.1");
#endif

/* 2.2 Error codes. */
typedef enum {
	seL4_NoError,
	seL4_InvalidArgument,
	seL4_InvalidCapability,
	seL4_IllegalOperation,
	seL4_RangeError,
	seL4_AlignmentError,
	seL4_FailedLookup,
	seL4_TruncatedMessage,
	seL4_DeleteFirst,
	seL4_RevokeFirst,
	seL4_NotEnoughMemory,
} seL4_Error;

/* 2.3 Lookup failure types. */
typedef enum {
	seL4_NoFailure,
	seL4_InvalidRoot,
	seL4_MissingCapability,
	seL4_DepthMismatch,
	seL4_GuardMismatch,
} seL4_LookupFailureType;

/* 3.1 Object types, the argument of Retype. */
typedef enum {
	seL4_UntypedObject,
	seL4_TCBObject,
	seL4_EndpointObject,
	seL4_NotificationObject,
	seL4_CapTableObject,
	seL4_ARM_HugePageObject,
	seL4_ARM_VSpaceObject,
	seL4_ARM_SmallPageObject,
	seL4_ARM_LargePageObject,
	seL4_ARM_PageTableObject,
	seL4_ARM_VCPUObject,
	seL4_ObjectTypeCount,
} seL4_ObjectType;

/* 5.2 Fault labels. */
typedef enum {
	seL4_Fault_NullFault,
	seL4_Fault_CapFault,
	seL4_Fault_UnknownSyscall,
	seL4_Fault_UserException,
	seL4_Fault_DebugException,
	seL4_Fault_VMFault,
	seL4_Fault_VGICMaintenance,
	seL4_Fault_VCPUFault,
	seL4_Fault_VPPIEvent,
} seL4_FaultType;

/* 6.7 vCPU registers. */
typedef enum {
	seL4_VCPUReg_SCTLR,
	seL4_VCPUReg_CPACR,
	seL4_VCPUReg_TTBR0,
	seL4_VCPUReg_TTBR1,
	seL4_VCPUReg_TCR,
	seL4_VCPUReg_MAIR,
	seL4_VCPUReg_AMAIR,
	seL4_VCPUReg_CIDR,
	seL4_VCPUReg_ACTLR,
	seL4_VCPUReg_AFSR0,
	seL4_VCPUReg_AFSR1,
	seL4_VCPUReg_ESR,
	seL4_VCPUReg_FAR,
	seL4_VCPUReg_PAR,
	seL4_VCPUReg_VBAR,
	seL4_VCPUReg_TPIDR_EL1,
	seL4_VCPUReg_VMPIDR_EL2,
	seL4_VCPUReg_SP_EL1,
	seL4_VCPUReg_ELR_EL1,
	seL4_VCPUReg_SPSR_EL1,
	seL4_VCPUReg_CNTV_CTL,
	seL4_VCPUReg_CNTV_CVAL,
	seL4_VCPUReg_CNTVOFF,
	seL4_VCPUReg_CNTKCTL_EL1,
	seL4_VCPUReg_Num,
} seL4_VCPUReg;

_Static_assert(seL4_ObjectTypeCount == 11 && seL4_VCPUReg_Num == SEL4_VCPU_REGISTERS, "ABI 3.1, 6.7");

#endif /* __ASSEMBLER__ */
#endif
