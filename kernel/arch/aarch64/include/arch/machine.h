/* SPDX-License-Identifier: BSD-2-Clause */
/* What the objects that are the CPU's own (spaces, ASIDs, vCPUs) use of it. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include "../../machine.h"

#endif
