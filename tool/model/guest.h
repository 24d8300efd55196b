/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a VM's emulated devices are: docs/bindings.md. What is passed through must leave it free. */
#ifndef TOOL_GUEST_H
#define TOOL_GUEST_H

#define GUEST_GICD		0x08000000ull
#define GUEST_GICC		0x08010000ull
#define GUEST_V2M		0x08020000ull
#define GUEST_V2M_FIRST		256u
#define GUEST_V2M_COUNT		120u	/* IOBUF_MSIS: counters of a connection */
#define GUEST_PL011		0x09000000ull
#define GUEST_PL011_INTID	33u
#define GUEST_ECAM(n)		(0x4010000000ull + (n) * 0x100000ull)
#define GUEST_ECAM_SIZE		0x100000ull
#define GUEST_WINDOW(n)		(0x10000000ull + (n) * 0x1000000ull)
#define GUEST_WINDOW_SIZE	0x1000000ull
#define GUEST_INTX(n)		(160ull + 4 * (n))
#define GUEST_OWN_SEGMENT	15u

#endif
