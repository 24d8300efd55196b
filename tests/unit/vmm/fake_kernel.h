/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM whose vCPUs run, on a kernel that answers for threads and vCPU objects and records its calls. */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sel4/fake.h>

#include "gich.h"
#include "vm.h"

#define WFI	0x07e00000u
#define SMC	0x5e000000u
#define STORE	0x93820046u	/* word, w2 */
#define LOAD	0x93820006u

#define GUESTS	4u

enum kernel_kind { SEL4, LISTS, SHORT };	/* SHORT has the list registers, too */

/* What the kernel would answer: registers of the thread and of the vCPU object. */
extern struct guest_state {
	uint64_t thread[36], object[24], timer;
	struct gich gich;
	uint32_t saved[GICH_LRS];	/* list registers when it was last switched out, or injected into */
	bool runs;			/* the thread can run: resumed, or replied to */
	unsigned int made;		/* vCPU objects of it so far */
} guest[GUESTS];
extern struct vm vm;
extern uint64_t counter, deadline, scratch;

void start_vm(enum kernel_kind kind, unsigned int cpus);
/* A message of that vCPU, handled to the end. */
void fault_of(unsigned int cpu, seL4_Word label, seL4_Word length, uint64_t a, uint64_t b,
	      uint64_t c, uint64_t d);

#endif
