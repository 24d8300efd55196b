/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#define ARCH_IRQ_LIMIT	160

#endif
