/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's virt machine, virtualization=on, GICv2. Data, no logic (QEMU's docs, machine "virt"). */
#ifndef PLATFORM_H
#define PLATFORM_H

#define PLATFORM_NAME		"qemu-arm-virt"
#define PLATFORM_IMAGE_ID	1	/* loader/image.h */
#define PLATFORM_GICD		0x08000000
#define PLATFORM_GICC		0x08010000
#define PLATFORM_GICH		0x08030000
#define PLATFORM_GIC_GROUP1	0
#define PLATFORM_IRQ_MAX	159
#define PLATFORM_UART		0x09000000	/* PL011 */
#define PLATFORM_UART_OFFSET	0
#define PLATFORM_UART_MINI	0

/* Without a device tree: 1 GiB, its lower half left to VMs. */
#define PLATFORM_RAM		{ { 0x60000000, 0x80000000 } }
#define PLATFORM_RAM_FOR_VMS	{ { 0x40000000, 0x60000000 } }

#endif
