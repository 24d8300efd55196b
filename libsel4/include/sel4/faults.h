/* SPDX-License-Identifier: BSD-2-Clause */
/* ABI 5.2: which message register of a fault message holds what. */
#ifndef SEL4_FAULTS_H
#define SEL4_FAULTS_H

#include <sel4/types.h>

enum {
	seL4_CapFault_IP,
	seL4_CapFault_Addr,
	seL4_CapFault_InRecvPhase,
	seL4_CapFault_LookupFailureType,
	seL4_CapFault_BitsLeft,
	seL4_CapFault_DepthMismatch_BitsFound,
	seL4_CapFault_GuardMismatch_GuardFound = seL4_CapFault_DepthMismatch_BitsFound,
	seL4_CapFault_GuardMismatch_BitsFound,
};

enum {
	seL4_UnknownSyscall_X0,
	seL4_UnknownSyscall_X1,
	seL4_UnknownSyscall_X2,
	seL4_UnknownSyscall_X3,
	seL4_UnknownSyscall_X4,
	seL4_UnknownSyscall_X5,
	seL4_UnknownSyscall_X6,
	seL4_UnknownSyscall_X7,
	seL4_UnknownSyscall_FaultIP,
	seL4_UnknownSyscall_SP,
	seL4_UnknownSyscall_LR,
	seL4_UnknownSyscall_SPSR,
	seL4_UnknownSyscall_Syscall,
	seL4_UnknownSyscall_Length,
};

enum {
	seL4_UserException_FaultIP,
	seL4_UserException_SP,
	seL4_UserException_SPSR,
	seL4_UserException_Number,
	seL4_UserException_Code,
	seL4_UserException_Length,
};

enum {
	seL4_VMFault_IP,
	seL4_VMFault_Addr,
	seL4_VMFault_PrefetchFault,
	seL4_VMFault_FSR,
	seL4_VMFault_Length,
};

enum {
	seL4_VGICMaintenance_IDX,
	seL4_VGICMaintenance_Length,
};

enum {
	seL4_VCPUFault_HSR,
	seL4_VCPUFault_Length,
};

enum {
	seL4_VPPIEvent_IRQ,
	seL4_VPPIEvent_Length,
};

_Static_assert(seL4_UnknownSyscall_Length == 13 && seL4_UserException_Length == 5 &&
	       seL4_VMFault_Length == 4, "ABI 5.2");

#endif
