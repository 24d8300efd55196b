/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words that user space and the kernel exchange: message info, rights,
 * CNode guards, the IPC buffer, a thread's registers.
 */
#ifndef SEL4_TYPES_H
#define SEL4_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <sel4/abi.h>

typedef uint64_t seL4_Word;
typedef uint8_t seL4_Uint8;
typedef uint16_t seL4_Uint16;
typedef uint32_t seL4_Uint32;
typedef uint64_t seL4_Uint64;
typedef int8_t seL4_Bool;
typedef seL4_Word seL4_CPtr;
typedef seL4_CPtr seL4_CNode;
typedef seL4_CPtr seL4_Untyped;
typedef seL4_CPtr seL4_TCB;
typedef seL4_CPtr seL4_IRQControl;
typedef seL4_CPtr seL4_IRQHandler;
typedef seL4_CPtr seL4_ARM_Page;
typedef seL4_CPtr seL4_ARM_PageTable;
typedef seL4_CPtr seL4_ARM_VSpace;
typedef seL4_CPtr seL4_ARM_ASIDControl;
typedef seL4_CPtr seL4_ARM_ASIDPool;
typedef seL4_CPtr seL4_ARM_VCPU;
typedef seL4_Word seL4_NodeId;
typedef seL4_Word seL4_Domain;
typedef seL4_Word seL4_SlotPos;
typedef seL4_Word seL4_ARM_VMAttributes;

enum {
	seL4_CapNull = SEL4_SLOT_NULL,
	seL4_CapInitThreadTCB = SEL4_SLOT_INIT_TCB,
	seL4_CapInitThreadCNode = SEL4_SLOT_INIT_CNODE,
	seL4_CapInitThreadVSpace = SEL4_SLOT_INIT_VSPACE,
	seL4_CapIRQControl = SEL4_SLOT_IRQ_CONTROL,
	seL4_CapASIDControl = SEL4_SLOT_ASID_CONTROL,
	seL4_CapInitThreadASIDPool = SEL4_SLOT_INIT_ASID_POOL,
	seL4_CapBootInfoFrame = SEL4_SLOT_BOOT_INFO,
	seL4_CapInitThreadIPCBuffer = SEL4_SLOT_INIT_IPC_BUFFER,
	seL4_CapDomain = SEL4_SLOT_DOMAIN,
};

enum {
	seL4_WordBits = 64,
	seL4_SlotBits = SEL4_SLOT_BITS,
	seL4_TCBBits = SEL4_TCB_BITS,
	seL4_EndpointBits = SEL4_ENDPOINT_BITS,
	seL4_NotificationBits = SEL4_NOTIFICATION_BITS,
	seL4_PageBits = SEL4_PAGE_BITS,
	seL4_LargePageBits = SEL4_LARGE_PAGE_BITS,
	seL4_HugePageBits = SEL4_HUGE_PAGE_BITS,
	seL4_PageTableBits = SEL4_PAGE_TABLE_BITS,
	seL4_VSpaceBits = SEL4_VSPACE_BITS,
	seL4_VCPUBits = SEL4_VCPU_BITS,
	seL4_ASIDPoolBits = SEL4_ASID_POOL_BITS,
	seL4_MinUntypedBits = SEL4_MIN_UNTYPED_BITS,
	seL4_MaxUntypedBits = SEL4_MAX_UNTYPED_BITS,
	seL4_MsgMaxLength = SEL4_MSG_MAX_LENGTH,
	seL4_MsgMaxExtraCaps = SEL4_MSG_MAX_EXTRA_CAPS,
	seL4_MaxPrio = SEL4_MAX_PRIORITY,
	seL4_MinPrio = 0,
};

enum {
	seL4_ARM_PageCacheable = SEL4_ATTR_CACHEABLE,
	seL4_ARM_ParityEnabled = SEL4_ATTR_PARITY,
	seL4_ARM_Default_VMAttributes = SEL4_ATTR_CACHEABLE | SEL4_ATTR_PARITY,
	seL4_ARM_ExecuteNever = SEL4_ATTR_EXECUTE_NEVER,
};

/* 1.4 Message info. */
typedef struct seL4_MessageInfo {
	seL4_Word words[1];
} seL4_MessageInfo_t;

static inline seL4_MessageInfo_t seL4_MessageInfo_new(seL4_Word label, seL4_Word capsUnwrapped,
						      seL4_Word extraCaps, seL4_Word length)
{
	return (seL4_MessageInfo_t){{label << SEL4_MSG_LABEL_SHIFT |
				     (capsUnwrapped & 7) << SEL4_MSG_UNWRAPPED_SHIFT |
				     (extraCaps & 3) << SEL4_MSG_EXTRA_CAPS_SHIFT |
				     (length & 0x7f)}};
}

static inline seL4_Word seL4_MessageInfo_get_label(seL4_MessageInfo_t info)
{
	return info.words[0] >> SEL4_MSG_LABEL_SHIFT;
}

static inline seL4_Word seL4_MessageInfo_get_capsUnwrapped(seL4_MessageInfo_t info)
{
	return info.words[0] >> SEL4_MSG_UNWRAPPED_SHIFT & 7;
}

static inline seL4_Word seL4_MessageInfo_get_extraCaps(seL4_MessageInfo_t info)
{
	return info.words[0] >> SEL4_MSG_EXTRA_CAPS_SHIFT & 3;
}

static inline seL4_Word seL4_MessageInfo_get_length(seL4_MessageInfo_t info)
{
	return info.words[0] & 0x7f;
}

static inline seL4_MessageInfo_t seL4_MessageInfo_set_label(seL4_MessageInfo_t info, seL4_Word v)
{
	info.words[0] = (info.words[0] & 0xfff) | v << SEL4_MSG_LABEL_SHIFT;
	return info;
}

static inline seL4_MessageInfo_t seL4_MessageInfo_set_length(seL4_MessageInfo_t info, seL4_Word v)
{
	info.words[0] = (info.words[0] & ~0x7fUL) | (v & 0x7f);
	return info;
}

static inline seL4_MessageInfo_t seL4_MessageInfo_set_extraCaps(seL4_MessageInfo_t info,
								seL4_Word v)
{
	info.words[0] = (info.words[0] & ~(3UL << SEL4_MSG_EXTRA_CAPS_SHIFT)) |
			(v & 3) << SEL4_MSG_EXTRA_CAPS_SHIFT;
	return info;
}

/* 3.3 Rights. */
typedef struct seL4_CapRights {
	seL4_Word words[1];
} seL4_CapRights_t;

static inline seL4_CapRights_t seL4_CapRights_new(seL4_Word grantReply, seL4_Word grant,
						  seL4_Word read, seL4_Word write)
{
	return (seL4_CapRights_t){{(grantReply ? SEL4_RIGHT_GRANT_REPLY : 0u) |
				   (grant ? SEL4_RIGHT_GRANT : 0u) |
				   (read ? SEL4_RIGHT_READ : 0u) |
				   (write ? SEL4_RIGHT_WRITE : 0u)}};
}

static inline seL4_CapRights_t seL4_CapRights_from(seL4_Word word)
{
	return (seL4_CapRights_t){{word}};
}

#define seL4_AllRights		seL4_CapRights_from(15)
#define seL4_ReadWrite		seL4_CapRights_from(SEL4_RIGHT_READ | SEL4_RIGHT_WRITE)
#define seL4_CanRead		seL4_CapRights_from(SEL4_RIGHT_READ)
#define seL4_CanWrite		seL4_CapRights_from(SEL4_RIGHT_WRITE)
#define seL4_CanGrant		seL4_CapRights_from(SEL4_RIGHT_GRANT)
#define seL4_CanGrantReply	seL4_CapRights_from(SEL4_RIGHT_GRANT_REPLY)
#define seL4_NoWrite		seL4_CapRights_from(15 & ~SEL4_RIGHT_WRITE)
#define seL4_NoRead		seL4_CapRights_from(15 & ~SEL4_RIGHT_READ)
#define seL4_NoRights		seL4_CapRights_from(0)

/* 3.4 The guard word of a CNode cap. */
typedef struct seL4_CNode_CapData {
	seL4_Word words[1];
} seL4_CNode_CapData_t;

static inline seL4_CNode_CapData_t seL4_CNode_CapData_new(seL4_Word guard, seL4_Word guardSize)
{
	return (seL4_CNode_CapData_t){{guard << 6 | (guardSize & 0x3f)}};
}

/* 1.5 IPC buffer. */
typedef struct seL4_IPCBuffer {
	seL4_MessageInfo_t tag;
	seL4_Word msg[SEL4_MSG_MAX_LENGTH];
	seL4_Word userData;
	seL4_Word caps_or_badges[SEL4_MSG_MAX_EXTRA_CAPS];
	seL4_CPtr receiveCNode;
	seL4_CPtr receiveIndex;
	seL4_Word receiveDepth;
} seL4_IPCBuffer;

_Static_assert(sizeof(seL4_IPCBuffer) == 1024 &&
	       offsetof(seL4_IPCBuffer, msg) == SEL4_IPC_BUFFER_MSG &&
	       offsetof(seL4_IPCBuffer, caps_or_badges) == SEL4_IPC_BUFFER_CAPS &&
	       offsetof(seL4_IPCBuffer, receiveDepth) == SEL4_IPC_BUFFER_RECV_DEPTH, "ABI 1.5");

/* 10.4 Register array. */
typedef struct seL4_UserContext {
	seL4_Word pc, sp, spsr;
	seL4_Word x0, x1, x2, x3, x4, x5, x6, x7, x8, x16, x17, x18, x29, x30;
	seL4_Word x9, x10, x11, x12, x13, x14, x15;
	seL4_Word x19, x20, x21, x22, x23, x24, x25, x26, x27, x28;
	seL4_Word tpidr_el0, tpidrro_el0;
} seL4_UserContext;

_Static_assert(sizeof(seL4_UserContext) == SEL4_TCB_REGISTERS * 8, "ABI 10.4");

#endif
