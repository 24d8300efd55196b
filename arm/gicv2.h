/* SPDX-License-Identifier: BSD-2-Clause */
/* GICv2 registers. ARM IHI 0048B: distributor 4.3, CPU interface 4.4, virtual interface 5.3. */
#ifndef ARM_GICV2_H
#define ARM_GICV2_H

#define GIC_SGIS		16
#define GIC_PRIVATE		32	/* SGIs and PPIs */
#define GIC_MAX_INTID		1019
#define GIC_SPURIOUS		1023

/* Distributor. */
#define GICD_CTLR		0x000
#define GICD_TYPER		0x004
#define GICD_IIDR		0x008
#define GICD_IGROUPR		0x080
#define GICD_ISENABLER		0x100
#define GICD_ICENABLER		0x180
#define GICD_ISPENDR		0x200
#define GICD_ICPENDR		0x280
#define GICD_ISACTIVER		0x300
#define GICD_ICACTIVER		0x380
#define GICD_IPRIORITYR		0x400
#define GICD_ITARGETSR		0x800
#define GICD_ICFGR		0xc00
#define GICD_NSACR		0xe00
#define GICD_SGIR		0xf00
#define GICD_SGIR_OTHERS	(1u << 24)	/* to all other CPUs */
#define GICD_CPENDSGIR		0xf10
#define GICD_SPENDSGIR		0xf20
#define GICD_ICPIDR2		0xfe8

/* CPU interface. */
#define GICC_CTLR		0x000
#define GICC_PMR		0x004
#define GICC_BPR		0x008
#define GICC_IAR		0x00c
#define GICC_EOIR		0x010
#define GICC_RPR		0x014
#define GICC_HPPIR		0x018
#define GICC_APR		0x0d0
#define GICC_IIDR		0x0fc
#define GICC_DIR		0x1000

/* Virtual interface control. */
#define GICH_HCR		0x000
#define GICH_VTR		0x004
#define GICH_VMCR		0x008
#define GICH_MISR		0x010
#define GICH_EISR0		0x020
#define GICH_EISR1		0x024
#define GICH_ELRSR0		0x030
#define GICH_ELRSR1		0x034
#define GICH_APR		0x0f0
#define GICH_LR			0x100

#define GICH_HCR_EN		(1u << 0)
#define GICH_HCR_UIE		(1u << 1)
#define GICH_HCR_LRENPIE	(1u << 2)
#define GICH_HCR_NPIE		(1u << 3)

#define GICH_MISR_EOI		(1u << 0)
#define GICH_MISR_U		(1u << 1)
#define GICH_MISR_LRENP		(1u << 2)
#define GICH_MISR_NP		(1u << 3)

#define GICH_VTR_LISTREGS(vtr)	(((vtr) & 0x3f) + 1)

/* List registers. */
#define GICH_LR_VIRTUALID	0x3ffu
#define GICH_LR_PHYSID_SHIFT	10
#define GICH_LR_CPUID_SHIFT	10	/* SGIs: the source CPU */
#define GICH_LR_EOI		(1u << 19)
#define GICH_LR_PRIORITY_SHIFT	23
#define GICH_LR_PRIORITY	(31u << GICH_LR_PRIORITY_SHIFT)
#define GICH_LR_PENDING		(1u << 28)
#define GICH_LR_ACTIVE		(1u << 29)
#define GICH_LR_STATE		(3u << 28)
#define GICH_LR_GROUP1		(1u << 30)
#define GICH_LR_HW		(1u << 31)

/* PPIs of the architecture (BSA 3.8). */
#define GIC_PPI_MAINTENANCE	25
#define GIC_PPI_HYP_TIMER	26
#define GIC_PPI_VIRTUAL_TIMER	27
#define GIC_PPI_SECURE_TIMER	29
#define GIC_PPI_PHYSICAL_TIMER	30

#endif
