/* SPDX-License-Identifier: BSD-2-Clause */
/* Raspberry Pi 4 (BCM2711). Data, no logic (BCM2711 ARM Peripherals, 2.2.1, 6.2, 8.5). */
#ifndef PLATFORM_H
#define PLATFORM_H

#define PLATFORM_NAME		"rpi4"
#define PLATFORM_IMAGE_ID	2	/* loader/image.h */
#define PLATFORM_GICD		0xff841000
#define PLATFORM_GICC		0xff842000
#define PLATFORM_GICH		0xff844000
#define PLATFORM_GIC_GROUP1	1
#define PLATFORM_IRQ_MAX	216
#define PLATFORM_UART		0xfe215000	/* mini UART, registers from +0x40 */
#define PLATFORM_UART_OFFSET	0x40
#define PLATFORM_UART_MINI	1

/* Without a device tree: what every model has below the VideoCore's part. */
#define PLATFORM_RAM		{ { 0x00200000, 0x3b400000 } }
#define PLATFORM_RAM_FOR_VMS	{ { 0, 0 } }

#endif
