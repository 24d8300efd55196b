/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU as spaces, ASIDs and vCPUs see it: registers are variables that the tests can set. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <kernel/types.h>

#define sysreg_read(name)		(*fake_sysreg(#name))
#define sysreg_write(name, value)	(*fake_sysreg(#name) = (u64)(value))

#define HCR_NATIVE	1UL
#define HCR_VCPU	2UL
#define HCR_VSE		0x100UL
#define SCTLR_NATIVE	3UL
#define KERNEL_WINDOW_SIZE	0x3fc0000000UL

u64 *fake_sysreg(const char *name);

static inline void stage1_close(void)
{
}

static inline void stage1_open(u64 sctlr, u64 tcr)
{
	sysreg_write(sctlr_el1, sctlr);
	sysreg_write(tcr_el1, tcr);
}

static inline void isb(void)
{
}

static inline void dsb(void)
{
}

extern unsigned int mmu_address_bits;
extern u64 mmu_empty_space[];
struct paddr mmu_image_ptr_to_phys(const void *ptr);
bool mmu_in_window(u64 start, u64 end);
void mmu_set_user_space(u64 root, u64 vmid);
u64 mmu_user_space(void);
u64 mmu_user_vmid(void);

void cache_clean_pou(const void *start, u64 bytes);
void cache_clean_poc(const void *start, u64 bytes);
void cache_invalidate_poc(const void *start, u64 bytes);
void cache_clean_invalidate_poc(const void *start, u64 bytes);
void cache_unify(const void *start, u64 bytes);
void tlb_flush_vmid(u64 vmid);
void tlb_flush_ipa(u64 vmid, u64 ipa);
void tlb_flush_guest(void);

volatile u32 *gich_register(unsigned int offset);
void gicv2_set_active(unsigned int irq, bool active);
bool gicv2_is_active(unsigned int irq);
void timer_native_access(void);
void timer_guest_access(bool counter);

#endif
