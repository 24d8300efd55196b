/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache and TLB maintenance. ARM ARM D7.5, D8.13. */
#include "machine.h"

#define CTR_DMINLINE(ctr)	(4UL << (((ctr) >> 16) & 15))
#define CTR_IMINLINE(ctr)	(4UL << ((ctr) & 15))

#define FOR_LINES(op, line, start, bytes) do { \
	u64 end_ = (u64)(start) + (bytes); \
	for (u64 at_ = (u64)(start) & ~((line) - 1); at_ < end_; at_ += (line)) \
		__asm__ volatile(op ", %0" : : "r"(at_) : "memory"); \
} while (0)

/* ERRATUM_CACHE_CLEAN: a clean that leaves the line valid may go wrong, one that invalidates it not. */
void cache_clean_pou(const void *start, u64 bytes)
{
	u64 line = CTR_DMINLINE(sysreg_read(ctr_el0));

	if (errata & ERRATUM_CACHE_CLEAN)
		FOR_LINES("dc civac", line, start, bytes);
	else
		FOR_LINES("dc cvau", line, start, bytes);
	dsb();
}

void cache_clean_poc(const void *start, u64 bytes)
{
	u64 line = CTR_DMINLINE(sysreg_read(ctr_el0));

	if (errata & ERRATUM_CACHE_CLEAN)
		FOR_LINES("dc civac", line, start, bytes);
	else
		FOR_LINES("dc cvac", line, start, bytes);
	dsb();
}

void cache_clean_invalidate_poc(const void *start, u64 bytes)
{
	u64 line = CTR_DMINLINE(sysreg_read(ctr_el0));

	FOR_LINES("dc civac", line, start, bytes);
	dsb();
}

/* Lines that are only partly covered keep their other bytes: they are cleaned first. */
void cache_invalidate_poc(const void *start, u64 bytes)
{
	u64 line = CTR_DMINLINE(sysreg_read(ctr_el0));
	u64 end = (u64)start + bytes;

	if ((u64)start & (line - 1))
		FOR_LINES("dc civac", line, start, 1);
	if (end & (line - 1))
		FOR_LINES("dc civac", line, end, 1);
	FOR_LINES("dc ivac", line, start, bytes);
	dsb();
}

void cache_unify(const void *start, u64 bytes)
{
	u64 line = CTR_IMINLINE(sysreg_read(ctr_el0));

	cache_clean_pou(start, bytes);
	FOR_LINES("ic ivau", line, start, bytes);
	dsb();
	isb();
}

/*
 * Stage-2 maintenance works on the VMID in VTTBR_EL2, so another one is put there for a moment;
 * HCR_EL2.TGE has to be clear for the EL1&0 operations.
 *
 * With several cores the operations are those for the inner shareable domain: at EL2, too, they
 * reach the TLBs of all cores, and the DSB after them waits until all have done it. So no other
 * core has to be interrupted for a TLB.
 */
#if KERNEL_CORES > 1
#define TLBI_STAGE12	"tlbi vmalls12e1is"
#define TLBI_IPA	"tlbi ipas2e1is, %0"
#define TLBI_STAGE1	"tlbi vmalle1is"
#else
#define TLBI_STAGE12	"tlbi vmalls12e1"
#define TLBI_IPA	"tlbi ipas2e1, %0"
#define TLBI_STAGE1	"tlbi vmalle1"
#endif

static void with_vmid(u64 vmid, bool all, u64 ipa)
{
	u64 vttbr = sysreg_read(vttbr_el2), hcr = sysreg_read(hcr_el2);
	u64 sctlr = sysreg_read(sctlr_el1), tcr = sysreg_read(tcr_el1);

	stage1_close();
	sysreg_write(hcr_el2, HCR_VCPU);
	sysreg_write(vttbr_el2, (vttbr & ((1UL << 48) - 1)) | vmid << 48);
	isb();
	dsb();
	if (all) {
		__asm__ volatile(TLBI_STAGE12 : : : "memory");
	} else {
		__asm__ volatile(TLBI_IPA : : "r"(ipa >> 12) : "memory");
		dsb();
		__asm__ volatile(TLBI_STAGE1 : : : "memory");
	}
	dsb();
	sysreg_write(vttbr_el2, vttbr);
	sysreg_write(hcr_el2, hcr);
	stage1_open(sctlr, tcr);
	isb();
}

void tlb_flush_vmid(u64 vmid)
{
	with_vmid(vmid, true, 0);
}

void tlb_flush_ipa(u64 vmid, u64 ipa)
{
	with_vmid(vmid, false, ipa);
}

void tlb_flush_guest(void)
{
	u64 hcr = sysreg_read(hcr_el2);

	sysreg_write(hcr_el2, HCR_VCPU);
	isb();
	__asm__ volatile("tlbi vmalle1\n\tic iallu\n\tdsb nsh" : : : "memory");
	sysreg_write(hcr_el2, hcr);
	isb();
}

void tlb_flush_all(void)
{
	dsb();
	__asm__ volatile("tlbi alle1\n\ttlbi alle2" : : : "memory");
	dsb();
	isb();
}
