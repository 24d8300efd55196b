/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a capability distribution (capdl_spec.h): everything in it is checked
 * before anything is carried out, so the rest may use every index as it is.
 * Pure: also runs on the host, under sanitizers.
 */
#ifndef ROOTTASK_SPEC_H
#define ROOTTASK_SPEC_H

#include <stddef.h>
#include <stdint.h>
#include "capdl_spec.h"

#define SPEC_MAX_OBJECTS	4096u
#define SPEC_MAX_SLOT_BITS	20u
#define SPEC_MAX_SLOTS		(1u << SPEC_MAX_SLOT_BITS)
#define SPEC_MAX_CORES		4u	/* as many as kernel-smp.elf runs */
#define SPEC_ERROR_LENGTH	160u

struct spec {
	const struct capdl_header *header;
	const struct capdl_object *objects;
	const struct capdl_cap *caps;
	const struct capdl_mapping *mappings;
	const struct capdl_fill *fills;
	const struct capdl_thread *threads;
	const struct capdl_irq_binding *irqs;
	const uint8_t *data;		/* of the whole blob, as the fills' offsets count */
};

/* 0, or -1 and one line in `error`. `available` bytes may be read at `blob` (8-byte aligned). */
int spec_open(struct spec *spec, const void *blob, uint64_t available,
	      char error[SPEC_ERROR_LENGTH]);

uint32_t spec_crc32(const void *bytes, uint64_t length);

/* log2 bytes that the object (one page of it) takes of an untyped; 0: none (interrupts). */
unsigned int spec_object_bits(const struct capdl_object *object);

/* Slots for all originals, mapping copies, page tables and what splitting leaves: an upper bound. */
uint64_t spec_count_slots(const struct spec *spec);

#endif
