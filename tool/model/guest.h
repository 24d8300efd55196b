/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a VM's emulated devices are: docs/bindings.md. What is passed through must leave it free. */
#ifndef TOOL_GUEST_H
#define TOOL_GUEST_H

/* p: the platform */
#define GUEST_GICD(p)		((p)->guest_devices)
#define GUEST_GICC(p)		((p)->guest_devices + 0x10000)
#define GUEST_V2M(p)		((p)->guest_devices + 0x20000)
#define GUEST_V2M_FIRST		256u
#define GUEST_V2M_COUNT		120u	/* IOBUF_MSIS: counters of a connection */
#define GUEST_PL011(p)		((p)->guest_devices + 0x1000000)
#define GUEST_PL011_INTID	33u
#define GUEST_ECAM(n)		(0x4010000000ull + (n) * 0x100000ull)
#define GUEST_ECAM_SIZE		0x100000ull
#define GUEST_WINDOW(p, n)	((p)->guest_devices + 0x8000000 + (n) * 0x1000000ull)
#define GUEST_WINDOW_SIZE	0x1000000ull
#define GUEST_INTX(n)		(160ull + 4 * (n))
#define GUEST_OWN_SEGMENT	15u
#define GUEST_DEVICES_SIZE	0x18000000ull	/* all of these but the ECAMs */

#endif
