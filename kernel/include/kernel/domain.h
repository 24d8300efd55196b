/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling domains. */
#ifndef KERNEL_DOMAIN_H
#define KERNEL_DOMAIN_H

#include <kernel/types.h>

#define DOMAIN_COUNT		1
#define DOMAIN_SCHEDULE_LENGTH	2

/* A tick passed. True if the domain changes. */
bool domain_tick(void);

#endif
