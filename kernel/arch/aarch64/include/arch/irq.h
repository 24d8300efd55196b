/* SPDX-License-Identifier: BSD-2-Clause */
/* How many interrupts the kernel keeps something of: those that the platform has. */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <platform.h>

#define ARCH_IRQ_LIMIT	(PLATFORM_IRQ_MAX + 1)

#endif
