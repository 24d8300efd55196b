/* SPDX-License-Identifier: BSD-2-Clause */
/* What part of each core a part of the system can count on (docs/kernel.md, "CPU time"). */
#include "audit.h"

/* The first thread of the part on the core, or NULL. */
static const struct capdl_thread *thread_on(const struct audit *a, uint32_t part, uint32_t core)
{
	const struct capdl_thread *t = a->distribution->threads;
	const struct capdl_thread *end = t + a->distribution->num_threads;

	for (; t < end; t++)
		if (t->vspace == a->parts[part].vspace && t->core == core)
			return t;
	return NULL;
}

static bool first_of_account(const struct audit *a, const struct capdl_thread *t)
{
	const struct capdl_thread *before = a->distribution->threads;

	for (; before < t; before++)
		if (before->account == t->account && before->core == t->core)
			return false;
	return true;
}

/* The weights of all accounts that compete with the thread's. */
static uint32_t weights_beside(const struct audit *a, const struct capdl_thread *t)
{
	const struct capdl_thread *other = a->distribution->threads;
	const struct capdl_thread *end = other + a->distribution->num_threads;
	uint32_t sum = 0;

	for (; other < end; other++)
		if (other->core == t->core && other->band == t->band && other->account &&
		    other->account != PEERVISOR_ACCOUNT_CALLER && first_of_account(a, other))
			sum += other->weight;
	return sum;
}

bool audit_cpu(const struct audit *a, uint32_t part, uint32_t core, struct audit_cpu *cpu)
{
	const struct capdl_thread *t = thread_on(a, part, core);

	if (!t)
		return false;
	*cpu = (struct audit_cpu){
		.server = t->account == PEERVISOR_ACCOUNT_CALLER, .weight = t->weight, .band = t->band,
		.weights = weights_beside(a, t),
	};
	return true;
}
