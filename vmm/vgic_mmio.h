/* SPDX-License-Identifier: BSD-2-Clause */
/* The distributor's registers. */
#ifndef VMM_VGIC_MMIO_H
#define VMM_VGIC_MMIO_H

#include "mmio.h"

/* mmio_handler; device is the struct vgic, access->vcpu the one whose private registers are banked. */
enum mmio_result vgic_mmio(void *device, struct mmio_access *access);

#endif
