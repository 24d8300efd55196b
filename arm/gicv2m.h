/* SPDX-License-Identifier: BSD-2-Clause */
/* GICv2m MSI frame. Server Base System Architecture (DEN0029), appendix on GICv2m. */
#ifndef ARM_GICV2M_H
#define ARM_GICV2M_H

#define V2M_MSI_TYPER		0x008	/* bits 25:16 first INTID, 9:0 number of SPIs */
#define V2M_MSI_SETSPI_NS	0x040
#define V2M_MSI_IIDR		0xfcc

#endif
