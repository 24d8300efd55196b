/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests for tests: what test_vcpu.c builds them from. */
#ifndef TESTS_KERNEL_GUEST_H
#define TESTS_KERNEL_GUEST_H

#include "env.h"

#define GUEST_NOBODY	0x0a000040ul	/* an IPA at which nothing is mapped */

struct guest {
	seL4_CPtr tcb, vcpu, space, endpoint;
};

extern char guest_busy[], guest_count[], guest_loop_load[];

/* A vCPU and its thread, of priority 10, with everything but a start. */
bool guest_new(struct guest *guest);
/* Starts it at an entry of guest.S. */
bool guest_run(const struct guest *guest, const char *entry, seL4_Word x0);

#endif
