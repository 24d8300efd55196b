/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ABI section 2: one stub per invocation, under seL4's names.
 *
 * Each puts caps and words 4.. into the IPC buffer, words 0 to 3 into
 * registers, and calls. When the answer is an error its message registers are
 * copied to the IPC buffer, where seL4_GetMR() finds the details of ABI 2.2.
 */
#ifndef SEL4_INVOCATIONS_H
#define SEL4_INVOCATIONS_H

#include <sel4/syscalls.h>
#include <sel4/types.h>

/* The message, before it is sent: caps and words beyond the fourth are in the IPC buffer. */
struct sel4_invocation_words {
	seL4_Word caps, length;
	seL4_Word mr[SEL4_MSG_REGISTERS];
};

static inline seL4_Error sel4_invoke_result(seL4_CPtr service, seL4_Word label,
					    struct sel4_invocation_words words,
					    seL4_Word *result)
{
	seL4_MessageInfo_t info = seL4_MessageInfo_new(label, 0, words.caps, words.length);
	struct sel4_trap trap = {
		.x0 = service,
		.info = info.words[0],
		.mr = {words.mr[0], words.mr[1], words.mr[2], words.mr[3]},
	};
	seL4_Error error;

	sel4_trap(SEL4_SYS_CALL, &trap);
	error = (seL4_Error)seL4_MessageInfo_get_label(sel4_info(&trap));
	if (error)
		sel4_store_mrs(&trap);
	if (result)
		*result = trap.mr[0];
	return error;
}

static inline seL4_Error sel4_invoke(seL4_CPtr service, seL4_Word label,
				     struct sel4_invocation_words words)
{
	return sel4_invoke_result(service, label, words, NULL);
}

#define SEL4_WORDS(caps, length, ...) \
	((struct sel4_invocation_words){(caps), (length), {__VA_ARGS__}})

/* 2.5 Untyped */

static inline seL4_Error seL4_Untyped_Retype(seL4_CPtr service, seL4_Word type,
					     seL4_Word size_bits, seL4_CPtr root,
					     seL4_Word node_index, seL4_Word node_depth,
					     seL4_Word node_offset, seL4_Word num_objects)
{
	seL4_SetCap(0, root);
	seL4_SetMR(4, node_offset);
	seL4_SetMR(5, num_objects);
	return sel4_invoke(service, UntypedRetype,
			   SEL4_WORDS(1, 6, type, size_bits, node_index, node_depth));
}

/* 2.6 TCB */

static inline seL4_Error seL4_TCB_ReadRegisters(seL4_TCB service, seL4_Bool suspend_source,
						seL4_Uint8 arch_flags, seL4_Word count,
						seL4_UserContext *regs)
{
	seL4_Word *out = (seL4_Word *)regs;
	struct sel4_trap trap = {
		.x0 = service,
		.info = seL4_MessageInfo_new(TCBReadRegisters, 0, 0, 2).words[0],
		.mr = {(suspend_source ? 1u : 0u) | (seL4_Word)arch_flags << 8, count},
	};
	seL4_Error error;

	sel4_trap(SEL4_SYS_CALL, &trap);
	error = (seL4_Error)seL4_MessageInfo_get_label(sel4_info(&trap));
	if (error) {
		sel4_store_mrs(&trap);
		return error;
	}
	if (count > SEL4_TCB_REGISTERS)
		count = SEL4_TCB_REGISTERS;
	for (seL4_Word i = 0; i < count; i++)
		out[i] = i < SEL4_MSG_REGISTERS ? trap.mr[i] : seL4_GetMR(i);
	return error;
}

/* Sends as many words as the count needs, not all 38: legal, and a VMM does it at every exit. */
static inline seL4_Error seL4_TCB_WriteRegisters(seL4_TCB service, seL4_Bool resume_target,
						 seL4_Uint8 arch_flags, seL4_Word count,
						 const seL4_UserContext *regs)
{
	const seL4_Word *in = (const seL4_Word *)regs;

	if (count > SEL4_TCB_REGISTERS)
		count = SEL4_TCB_REGISTERS;
	for (seL4_Word i = 2; i < count; i++)
		seL4_SetMR(i + 2, in[i]);
	return sel4_invoke(service, TCBWriteRegisters,
			   SEL4_WORDS(0, count + 2,
				      (resume_target ? 1u : 0u) | (seL4_Word)arch_flags << 8,
				      count, count > 0 ? in[0] : 0, count > 1 ? in[1] : 0));
}

static inline seL4_Error seL4_TCB_CopyRegisters(seL4_TCB service, seL4_TCB source,
						seL4_Bool suspend_source, seL4_Bool resume_target,
						seL4_Bool transfer_frame,
						seL4_Bool transfer_integer, seL4_Uint8 arch_flags)
{
	seL4_SetCap(0, source);
	return sel4_invoke(service, TCBCopyRegisters,
			   SEL4_WORDS(1, 1, (suspend_source ? 1u : 0u) |
				      (resume_target ? 2u : 0u) | (transfer_frame ? 4u : 0u) |
				      (transfer_integer ? 8u : 0u) | (seL4_Word)arch_flags << 8));
}

static inline seL4_Error seL4_TCB_Configure(seL4_CPtr service, seL4_Word fault_ep,
					    seL4_CPtr cspace_root, seL4_Word cspace_root_data,
					    seL4_CPtr vspace_root, seL4_Word vspace_root_data,
					    seL4_Word buffer, seL4_CPtr bufferFrame)
{
	seL4_SetCap(0, cspace_root);
	seL4_SetCap(1, vspace_root);
	seL4_SetCap(2, bufferFrame);
	return sel4_invoke(service, TCBConfigure,
			   SEL4_WORDS(3, 4, fault_ep, cspace_root_data, vspace_root_data, buffer));
}

static inline seL4_Error seL4_TCB_SetSpace(seL4_CPtr service, seL4_Word fault_ep,
					   seL4_CPtr cspace_root, seL4_Word cspace_root_data,
					   seL4_CPtr vspace_root, seL4_Word vspace_root_data)
{
	seL4_SetCap(0, cspace_root);
	seL4_SetCap(1, vspace_root);
	return sel4_invoke(service, TCBSetSpace,
			   SEL4_WORDS(2, 3, fault_ep, cspace_root_data, vspace_root_data));
}

static inline seL4_Error seL4_TCB_SetIPCBuffer(seL4_CPtr service, seL4_Word buffer,
					       seL4_CPtr bufferFrame)
{
	seL4_SetCap(0, bufferFrame);
	return sel4_invoke(service, TCBSetIPCBuffer, SEL4_WORDS(1, 1, buffer));
}

static inline seL4_Error seL4_TCB_SetPriority(seL4_CPtr service, seL4_CPtr authority,
					      seL4_Word priority)
{
	seL4_SetCap(0, authority);
	return sel4_invoke(service, TCBSetPriority, SEL4_WORDS(1, 1, priority));
}

static inline seL4_Error seL4_TCB_SetMCPriority(seL4_CPtr service, seL4_CPtr authority,
						seL4_Word mcp)
{
	seL4_SetCap(0, authority);
	return sel4_invoke(service, TCBSetMCPriority, SEL4_WORDS(1, 1, mcp));
}

static inline seL4_Error seL4_TCB_SetSchedParams(seL4_CPtr service, seL4_CPtr authority,
						 seL4_Word mcp, seL4_Word priority)
{
	seL4_SetCap(0, authority);
	return sel4_invoke(service, TCBSetSchedParams, SEL4_WORDS(1, 2, mcp, priority));
}

static inline seL4_Error seL4_TCB_Suspend(seL4_CPtr service)
{
	return sel4_invoke(service, TCBSuspend, SEL4_WORDS(0, 0, 0));
}

static inline seL4_Error seL4_TCB_Resume(seL4_CPtr service)
{
	return sel4_invoke(service, TCBResume, SEL4_WORDS(0, 0, 0));
}

static inline seL4_Error seL4_TCB_BindNotification(seL4_CPtr service, seL4_CPtr notification)
{
	seL4_SetCap(0, notification);
	return sel4_invoke(service, TCBBindNotification, SEL4_WORDS(1, 0, 0));
}

static inline seL4_Error seL4_TCB_UnbindNotification(seL4_CPtr service)
{
	return sel4_invoke(service, TCBUnbindNotification, SEL4_WORDS(0, 0, 0));
}

#ifdef SEL4_SMP
static inline seL4_Error seL4_TCB_SetAffinity(seL4_CPtr service, seL4_Word affinity)
{
	return sel4_invoke(service, TCBSetAffinity, SEL4_WORDS(0, 1, affinity));
}

#endif

static inline seL4_Error seL4_TCB_SetTLSBase(seL4_CPtr service, seL4_Word tls_base)
{
	return sel4_invoke(service, TCBSetTLSBase, SEL4_WORDS(0, 1, tls_base));
}

typedef struct seL4_TCB_SetFlags {
	int error;
	seL4_Word flags;
} seL4_TCB_SetFlags_t;

static inline seL4_TCB_SetFlags_t seL4_TCB_SetFlags(seL4_TCB service, seL4_Word clear,
						    seL4_Word set)
{
	seL4_TCB_SetFlags_t ret;

	ret.error = (int)sel4_invoke_result(service, TCBSetFlags, SEL4_WORDS(0, 2, clear, set),
					    &ret.flags);
	return ret;
}

/* 2.7 CNode: the invoked CNode is the destination */

static inline seL4_Error seL4_CNode_Revoke(seL4_CPtr service, seL4_Word index, seL4_Word depth)
{
	return sel4_invoke(service, CNodeRevoke, SEL4_WORDS(0, 2, index, depth));
}

static inline seL4_Error seL4_CNode_Delete(seL4_CPtr service, seL4_Word index, seL4_Word depth)
{
	return sel4_invoke(service, CNodeDelete, SEL4_WORDS(0, 2, index, depth));
}

static inline seL4_Error seL4_CNode_CancelBadgedSends(seL4_CPtr service, seL4_Word index,
						      seL4_Word depth)
{
	return sel4_invoke(service, CNodeCancelBadgedSends, SEL4_WORDS(0, 2, index, depth));
}

static inline seL4_Error seL4_CNode_SaveCaller(seL4_CPtr service, seL4_Word index,
					       seL4_Word depth)
{
	return sel4_invoke(service, CNodeSaveCaller, SEL4_WORDS(0, 2, index, depth));
}

static inline seL4_Error seL4_CNode_Copy(seL4_CPtr service, seL4_Word dest_index,
					 seL4_Word dest_depth, seL4_CPtr src_root,
					 seL4_Word src_index, seL4_Word src_depth,
					 seL4_CapRights_t rights)
{
	seL4_SetCap(0, src_root);
	seL4_SetMR(4, rights.words[0]);
	return sel4_invoke(service, CNodeCopy,
			   SEL4_WORDS(1, 5, dest_index, dest_depth, src_index, src_depth));
}

static inline seL4_Error seL4_CNode_Mint(seL4_CPtr service, seL4_Word dest_index,
					 seL4_Word dest_depth, seL4_CPtr src_root,
					 seL4_Word src_index, seL4_Word src_depth,
					 seL4_CapRights_t rights, seL4_Word badge)
{
	seL4_SetCap(0, src_root);
	seL4_SetMR(4, rights.words[0]);
	seL4_SetMR(5, badge);
	return sel4_invoke(service, CNodeMint,
			   SEL4_WORDS(1, 6, dest_index, dest_depth, src_index, src_depth));
}

static inline seL4_Error seL4_CNode_Move(seL4_CPtr service, seL4_Word dest_index,
					 seL4_Word dest_depth, seL4_CPtr src_root,
					 seL4_Word src_index, seL4_Word src_depth)
{
	seL4_SetCap(0, src_root);
	return sel4_invoke(service, CNodeMove,
			   SEL4_WORDS(1, 4, dest_index, dest_depth, src_index, src_depth));
}

static inline seL4_Error seL4_CNode_Mutate(seL4_CPtr service, seL4_Word dest_index,
					   seL4_Word dest_depth, seL4_CPtr src_root,
					   seL4_Word src_index, seL4_Word src_depth,
					   seL4_Word badge)
{
	seL4_SetCap(0, src_root);
	seL4_SetMR(4, badge);
	return sel4_invoke(service, CNodeMutate,
			   SEL4_WORDS(1, 5, dest_index, dest_depth, src_index, src_depth));
}

static inline seL4_Error seL4_CNode_Rotate(seL4_CPtr service, seL4_Word dest_index,
					   seL4_Word dest_depth, seL4_Word dest_badge,
					   seL4_CPtr pivot_root, seL4_Word pivot_index,
					   seL4_Word pivot_depth, seL4_Word pivot_badge,
					   seL4_CPtr src_root, seL4_Word src_index,
					   seL4_Word src_depth)
{
	seL4_SetCap(0, pivot_root);
	seL4_SetCap(1, src_root);
	seL4_SetMR(4, pivot_depth);
	seL4_SetMR(5, pivot_badge);
	seL4_SetMR(6, src_index);
	seL4_SetMR(7, src_depth);
	return sel4_invoke(service, CNodeRotate,
			   SEL4_WORDS(2, 8, dest_index, dest_depth, dest_badge, pivot_index));
}

/* 2.8 Interrupts */

static inline seL4_Error seL4_IRQControl_Get(seL4_CPtr service, seL4_Word irq, seL4_CPtr root,
					     seL4_Word index, seL4_Word depth)
{
	seL4_SetCap(0, root);
	return sel4_invoke(service, IRQIssueIRQHandler, SEL4_WORDS(1, 3, irq, index, depth));
}

static inline seL4_Error seL4_IRQControl_GetTrigger(seL4_CPtr service, seL4_Word irq,
						    seL4_Word trigger, seL4_CPtr root,
						    seL4_Word index, seL4_Word depth)
{
	seL4_SetCap(0, root);
	return sel4_invoke(service, ARMIRQIssueIRQHandlerTrigger,
			   SEL4_WORDS(1, 4, irq, trigger, index, depth));
}

#ifdef SEL4_SMP
static inline seL4_Error seL4_IRQControl_GetTriggerCore(seL4_CPtr service, seL4_Word irq,
							seL4_Word trigger, seL4_CPtr root,
							seL4_Word index, seL4_Word depth,
							seL4_Word target)
{
	seL4_SetCap(0, root);
	seL4_SetMR(4, target);
	return sel4_invoke(service, ARMIRQIssueIRQHandlerTriggerCore,
			   SEL4_WORDS(1, 5, irq, trigger, index, depth));
}

#else
static inline seL4_Error seL4_IRQControl_IssueSGISignal(seL4_CPtr service, seL4_Word irq,
							seL4_Word target, seL4_CPtr root,
							seL4_Word index, seL4_Word depth)
{
	seL4_SetCap(0, root);
	return sel4_invoke(service, ARMIRQIssueSGISignal,
			   SEL4_WORDS(1, 4, irq, target, index, depth));
}

#endif

static inline seL4_Error seL4_IRQHandler_Ack(seL4_CPtr service)
{
	return sel4_invoke(service, IRQAckIRQ, SEL4_WORDS(0, 0, 0));
}

static inline seL4_Error seL4_IRQHandler_SetNotification(seL4_CPtr service,
							 seL4_CPtr notification)
{
	seL4_SetCap(0, notification);
	return sel4_invoke(service, IRQSetIRQHandler, SEL4_WORDS(1, 0, 0));
}

static inline seL4_Error seL4_IRQHandler_Clear(seL4_CPtr service)
{
	return sel4_invoke(service, IRQClearIRQHandler, SEL4_WORDS(0, 0, 0));
}

/* 2.9 Address spaces */

static inline seL4_Error seL4_ARM_VSpace_Clean_Data(seL4_CPtr service, seL4_Word start,
						    seL4_Word end)
{
	return sel4_invoke(service, ARMVSpaceClean_Data, SEL4_WORDS(0, 2, start, end));
}

static inline seL4_Error seL4_ARM_VSpace_Invalidate_Data(seL4_CPtr service, seL4_Word start,
							 seL4_Word end)
{
	return sel4_invoke(service, ARMVSpaceInvalidate_Data, SEL4_WORDS(0, 2, start, end));
}

static inline seL4_Error seL4_ARM_VSpace_CleanInvalidate_Data(seL4_CPtr service, seL4_Word start,
							      seL4_Word end)
{
	return sel4_invoke(service, ARMVSpaceCleanInvalidate_Data, SEL4_WORDS(0, 2, start, end));
}

static inline seL4_Error seL4_ARM_VSpace_Unify_Instruction(seL4_CPtr service, seL4_Word start,
							   seL4_Word end)
{
	return sel4_invoke(service, ARMVSpaceUnify_Instruction, SEL4_WORDS(0, 2, start, end));
}

static inline seL4_Error seL4_ARM_PageTable_Map(seL4_CPtr service, seL4_CPtr vspace,
						seL4_Word vaddr, seL4_ARM_VMAttributes attr)
{
	seL4_SetCap(0, vspace);
	return sel4_invoke(service, ARMPageTableMap, SEL4_WORDS(1, 2, vaddr, attr));
}

static inline seL4_Error seL4_ARM_PageTable_Unmap(seL4_CPtr service)
{
	return sel4_invoke(service, ARMPageTableUnmap, SEL4_WORDS(0, 0, 0));
}

static inline seL4_Error seL4_ARM_Page_Map(seL4_CPtr service, seL4_CPtr vspace, seL4_Word vaddr,
					   seL4_CapRights_t rights, seL4_ARM_VMAttributes attr)
{
	seL4_SetCap(0, vspace);
	return sel4_invoke(service, ARMPageMap, SEL4_WORDS(1, 3, vaddr, rights.words[0], attr));
}

static inline seL4_Error seL4_ARM_Page_Unmap(seL4_CPtr service)
{
	return sel4_invoke(service, ARMPageUnmap, SEL4_WORDS(0, 0, 0));
}

static inline seL4_Error seL4_ARM_Page_Clean_Data(seL4_CPtr service, seL4_Word start_offset,
						  seL4_Word end_offset)
{
	return sel4_invoke(service, ARMPageClean_Data, SEL4_WORDS(0, 2, start_offset, end_offset));
}

static inline seL4_Error seL4_ARM_Page_Invalidate_Data(seL4_CPtr service, seL4_Word start_offset,
						       seL4_Word end_offset)
{
	return sel4_invoke(service, ARMPageInvalidate_Data,
			   SEL4_WORDS(0, 2, start_offset, end_offset));
}

static inline seL4_Error seL4_ARM_Page_CleanInvalidate_Data(seL4_CPtr service,
							    seL4_Word start_offset,
							    seL4_Word end_offset)
{
	return sel4_invoke(service, ARMPageCleanInvalidate_Data,
			   SEL4_WORDS(0, 2, start_offset, end_offset));
}

static inline seL4_Error seL4_ARM_Page_Unify_Instruction(seL4_CPtr service,
							 seL4_Word start_offset,
							 seL4_Word end_offset)
{
	return sel4_invoke(service, ARMPageUnify_Instruction,
			   SEL4_WORDS(0, 2, start_offset, end_offset));
}

typedef struct seL4_ARM_Page_GetAddress {
	int error;
	seL4_Word paddr;
} seL4_ARM_Page_GetAddress_t;

static inline seL4_ARM_Page_GetAddress_t seL4_ARM_Page_GetAddress(seL4_ARM_Page service)
{
	seL4_ARM_Page_GetAddress_t ret;

	ret.error = (int)sel4_invoke_result(service, ARMPageGetAddress, SEL4_WORDS(0, 0, 0),
					    &ret.paddr);
	return ret;
}

static inline seL4_Error seL4_ARM_ASIDControl_MakePool(seL4_CPtr service, seL4_CPtr untyped,
						       seL4_CPtr root, seL4_Word index,
						       seL4_Word depth)
{
	seL4_SetCap(0, untyped);
	seL4_SetCap(1, root);
	return sel4_invoke(service, ARMASIDControlMakePool, SEL4_WORDS(2, 2, index, depth));
}

static inline seL4_Error seL4_ARM_ASIDPool_Assign(seL4_CPtr service, seL4_CPtr vspace)
{
	seL4_SetCap(0, vspace);
	return sel4_invoke(service, ARMASIDPoolAssign, SEL4_WORDS(1, 0, 0));
}

/* Peervisor's: IllegalOperation from a kernel that does not account for CPU time. */
static inline seL4_Error peervisor_Domain_SetAccount(seL4_CPtr service, seL4_CPtr tcb, seL4_Word account,
						     seL4_Word weight, seL4_Word band)
{
	seL4_SetCap(0, tcb);
	return sel4_invoke(service, PEERVISOR_DOMAIN_SET_ACCOUNT, SEL4_WORDS(1, 3, account, weight, band));
}

/* 2.10 vCPU */

static inline seL4_Error seL4_ARM_VCPU_SetTCB(seL4_CPtr service, seL4_CPtr tcb)
{
	seL4_SetCap(0, tcb);
	return sel4_invoke(service, ARMVCPUSetTCB, SEL4_WORDS(1, 0, 0));
}

static inline seL4_Error seL4_ARM_VCPU_InjectIRQ(seL4_ARM_VCPU service, seL4_Uint16 virq,
						 seL4_Uint8 priority, seL4_Uint8 group,
						 seL4_Uint8 index)
{
	return sel4_invoke(service, ARMVCPUInjectIRQ,
			   SEL4_WORDS(0, 1, (seL4_Word)virq | (seL4_Word)priority << 16 |
				      (seL4_Word)group << 24 | (seL4_Word)index << 32));
}

typedef struct seL4_ARM_VCPU_ReadRegs {
	int error;
	seL4_Word value;
} seL4_ARM_VCPU_ReadRegs_t;

static inline seL4_ARM_VCPU_ReadRegs_t seL4_ARM_VCPU_ReadRegs(seL4_ARM_VCPU service,
							      seL4_Word field)
{
	seL4_ARM_VCPU_ReadRegs_t ret;

	ret.error = (int)sel4_invoke_result(service, ARMVCPUReadReg, SEL4_WORDS(0, 1, field),
					    &ret.value);
	return ret;
}

static inline seL4_Error seL4_ARM_VCPU_WriteRegs(seL4_CPtr service, seL4_Word field,
						 seL4_Word value)
{
	return sel4_invoke(service, ARMVCPUWriteReg, SEL4_WORDS(0, 2, field, value));
}

static inline seL4_Error seL4_ARM_VCPU_AckVPPI(seL4_CPtr service, seL4_Word irq)
{
	return sel4_invoke(service, ARMVCPUAckVPPI, SEL4_WORDS(0, 1, irq));
}

#endif
