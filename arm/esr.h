/* SPDX-License-Identifier: BSD-2-Clause */
/* ESR_ELx: exception syndrome. ARM ARM D17.2.37. */
#ifndef ARM_ESR_H
#define ARM_ESR_H

#define ESR_EC_SHIFT		26
#define ESR_EC(esr)		(((esr) >> ESR_EC_SHIFT) & 0x3f)
#define ESR_IL			(1u << 25)
#define ESR_ISS(esr)		((esr) & 0x1ffffff)

#define ESR_EC_UNKNOWN		0x00
#define ESR_EC_WFX		0x01
#define ESR_EC_FP		0x07
#define ESR_EC_SVC64		0x15
#define ESR_EC_HVC64		0x16
#define ESR_EC_SMC64		0x17
#define ESR_EC_SYSREG		0x18
#define ESR_EC_IABT_LOWER	0x20
#define ESR_EC_IABT		0x21
#define ESR_EC_PC_ALIGN		0x22
#define ESR_EC_DABT_LOWER	0x24
#define ESR_EC_DABT		0x25
#define ESR_EC_SP_ALIGN		0x26
#define ESR_EC_SERROR		0x2f
#define ESR_EC_BREAKPOINT_LOWER	0x30
#define ESR_EC_STEP_LOWER	0x32
#define ESR_EC_WATCHPOINT_LOWER	0x34
#define ESR_EC_BRK		0x3c

/* ISS of a data abort. */
#define ESR_DABT_ISV		(1u << 24)
#define ESR_DABT_SAS(esr)	(((esr) >> 22) & 3)	/* log2 bytes */
#define ESR_DABT_SSE		(1u << 21)
#define ESR_DABT_SRT(esr)	(((esr) >> 16) & 31)
#define ESR_DABT_SF		(1u << 15)
#define ESR_DABT_FNV		(1u << 10)
#define ESR_DABT_CM		(1u << 8)
#define ESR_DABT_S1PTW		(1u << 7)
#define ESR_DABT_WNR		(1u << 6)
#define ESR_DFSC(esr)		((esr) & 0x3f)
#define ESR_DFSC_TRANSLATION	0x04	/* + level */
#define ESR_DFSC_ACCESS		0x08
#define ESR_DFSC_PERMISSION	0x0c
#define ESR_DFSC_EXTERNAL	0x10

/* ISS of a trapped MSR, MRS or system instruction. */
#define ESR_SYSREG_RT(esr)	(((esr) >> 5) & 31)
#define ESR_SYSREG_READ		1u
/* All but the register transferred and the direction, and its value for the registers of a group. */
#define ESR_SYSREG_NAME		0x3ffc1eu
#define ESR_SYSREG(op0, op1, crn, crm, op2) \
	((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)

/* ISS of a trapped WFI (0) or WFE (1). */
#define ESR_WFX_TI		1u

/* ISS of an SMC. */
#define ESR_SMC_IMMEDIATE	0xffffu

#endif
