/* SPDX-License-Identifier: BSD-2-Clause */
/* SMC calling convention. ARM DEN0028. */
#ifndef ARM_SMCCC_H
#define ARM_SMCCC_H

#define SMCCC_VERSION		0x80000000u
#define SMCCC_ARCH_FEATURES	0x80000001u

/* Arm DEN 0070: branch predictors, stores that loads pass, both predictors and branch history. */
#define SMCCC_ARCH_WORKAROUND_1	0x80008000u
#define SMCCC_ARCH_WORKAROUND_2	0x80007fffu
#define SMCCC_ARCH_WORKAROUND_3	0x80003fffu

#define SMCCC_VERSION_1_1	0x00010001

#define SMCCC_RET_NOT_SUPPORTED	(-1)

#endif
