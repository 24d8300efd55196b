/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the firmware for user space (ABI 2.10, 6.12): a badge names the one function allowed. */
#include <kernel/arch.h>
#include <kernel/invocation.h>

enum invoke smc_decode(struct invocation *inv)
{
	u64 words[ARCH_SMC_WORDS];

	if (inv->label != ARMSMCCall)
		return error_plain(inv, seL4_IllegalOperation);
	if (inv->length < ARCH_SMC_WORDS)
		return error_plain(inv, seL4_TruncatedMessage);
	for (unsigned int i = 0; i < ARCH_SMC_WORDS; i++)
		words[i] = invocation_mr(inv, i);
	if (cap_badge(inv->cap) && cap_badge(inv->cap) != words[0])
		return error_plain(inv, seL4_IllegalOperation);

	arch_smc(words);
	for (unsigned int i = 0; i < ARCH_SMC_WORDS; i++)
		invocation_result(inv, words[i]);
	return INVOKE_OK;
}
