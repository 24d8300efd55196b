/* SPDX-License-Identifier: BSD-2-Clause */
/* ABI 8.1, 8.2: what the kernel tells the first thread. */
#ifndef SEL4_BOOTINFO_H
#define SEL4_BOOTINFO_H

#include <sel4/types.h>

typedef struct seL4_SlotRegion {
	seL4_SlotPos start;	/* first slot */
	seL4_SlotPos end;	/* first slot after */
} seL4_SlotRegion;

typedef struct seL4_UntypedDesc {
	seL4_Word paddr;
	seL4_Uint8 sizeBits;
	seL4_Uint8 isDevice;
	seL4_Uint8 padding[6];
} seL4_UntypedDesc;

typedef struct seL4_BootInfo {
	seL4_Word extraLen;
	seL4_NodeId nodeID;
	seL4_Word numNodes;
	seL4_Word numIOPTLevels;
	seL4_IPCBuffer *ipcBuffer;
	seL4_SlotRegion empty;
	seL4_SlotRegion sharedFrames;
	seL4_SlotRegion userImageFrames;
	seL4_SlotRegion userImagePaging;
	seL4_SlotRegion ioSpaceCaps;
	seL4_SlotRegion extraBIPages;
	seL4_Word initThreadCNodeSizeBits;
	seL4_Domain initThreadDomain;
	seL4_SlotRegion untyped;
	seL4_UntypedDesc untypedList[SEL4_BOOTINFO_MAX_UNTYPEDS];
} seL4_BootInfo;

typedef struct seL4_BootInfoHeader {
	seL4_Word id;
	seL4_Word len;		/* with this header */
} seL4_BootInfoHeader;

enum {
	SEL4_BOOTINFO_HEADER_PADDING = 0,
	SEL4_BOOTINFO_FDT = SEL4_BOOTINFO_HEADER_FDT,
};

_Static_assert(sizeof(seL4_BootInfo) == 3848 && offsetof(seL4_BootInfo, ipcBuffer) == 32 &&
	       offsetof(seL4_BootInfo, extraBIPages) == 120 &&
	       offsetof(seL4_BootInfo, untypedList) == 168 &&
	       sizeof(seL4_UntypedDesc) == 16, "ABI 8.1");

#endif
