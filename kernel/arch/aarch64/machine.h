/* SPDX-License-Identifier: BSD-2-Clause */
/* The AArch64 part's internal interfaces, one block per file of this folder. */
#ifndef AARCH64_MACHINE_H
#define AARCH64_MACHINE_H

#include <kernel/core.h>
#include <kernel/tcb.h>

#define sysreg_read(name) ({ u64 value_; __asm__ volatile("mrs %0, " #name : "=r"(value_)); value_; })
#define sysreg_write(name, value) \
	__asm__ volatile("msr " #name ", %x0" : : "rZ"((u64)(value)) : "memory")

static inline void isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

static inline void dsb(void)
{
	__asm__ volatile("dsb sy" : : : "memory");
}

/* HCR_EL2 (ABI 6.8): native threads, and vCPUs. */
#define HCR_NATIVE	0x8e28103bUL
#define HCR_VSE		(1UL << 8)	/* a virtual SError is pending; taking it clears the bit */
/* Several cores: TLB and instruction cache maintenance and barriers of a guest reach all of them. */
#define HCR_FB		(1UL << 9)
#define HCR_BSU_INNER	(1UL << 10)
#if KERNEL_CORES > 1
#define HCR_VCPU	(0x8008603bUL | HCR_FB | HCR_BSU_INNER)
#else
#define HCR_VCPU	0x8008603bUL
#endif
#define SCTLR_NATIVE	0x34d59825UL	/* M has no effect there (TGE, DC): see stage1_close() */
#define SCTLR_M		1UL
#define TCR_CLOSED	0x800080UL	/* EPD1, EPD0: no walks of stage 1 */
#define CPTR_EL2_TFP	(1UL << 10)
#define CPTR_EL2_RES1	0x33ffUL
#define CNTHCTL_EL1PCTEN	1UL	/* EL0, EL1 may read CNTPCT */
#define CNTHCTL_EL1PCEN		2UL	/* and use CNTP_* */
#define CNTKCTL_EL0PCTEN	1UL
#define CNTKCTL_EL0PTEN		(1UL << 9)

/* errata.c */
#define ERRATUM_CACHE_CLEAN	1u	/* A53 819472, 824069, 826319, 827319, 855873 */
#define ERRATUM_STAGE2_FAULT	2u	/* A57 834220 */
#define ERRATUM_SPECULATIVE_AT	4u	/* A57 1319537, A72 1319367 */
extern unsigned int errata;	/* of any core of this machine */
void errata_start_core(void);

/*
 * Before registers of one guest are mixed with the space of another thread: from here on stage 1
 * is on and has no tables, so that an AT that a core with ERRATUM_SPECULATIVE_AT speculates finds
 * nothing to cache. SCTLR_EL1.M comes last: with the tables still there it would turn them on.
 */
static inline void stage1_close(void)
{
	if (!(errata & ERRATUM_SPECULATIVE_AT))
		return;
	sysreg_write(tcr_el1, TCR_CLOSED);
	isb();
	sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | SCTLR_M);
	isb();
}

/* Everything else is the guest's: now its own control registers, in the opposite order. */
static inline void stage1_open(u64 sctlr, u64 tcr)
{
	if (errata & ERRATUM_SPECULATIVE_AT)
		isb();
	sysreg_write(sctlr_el1, sctlr);
	if (errata & ERRATUM_SPECULATIVE_AT)
		isb();
	sysreg_write(tcr_el1, tcr);
}

/* firmware.c: what it does about speculation, if the device tree says how to call it */
void firmware_init(bool psci_by_smc);
void firmware_start_core(void);
extern u32 firmware_workaround;	/* what vectors_firmware call */

/* mmu.c */
u64 mmu_image_phys(void);		/* physical address of KERNEL_BASE */
struct paddr mmu_image_ptr_to_phys(const void *ptr);	/* the image's own data */
void mmu_start(u64 image_phys, u64 dtb, u64 dtb_size);	/* the kernel's tables: image, devices, DTB */
extern unsigned int mmu_address_bits;	/* of user spaces and memory: 44, or 40 */
void mmu_start_core(void);		/* this core uses them */
bool mmu_window_add(u64 start, u64 end);	/* RAM becomes visible in the window */
bool mmu_in_window(u64 start, u64 end);
void mmu_user_space_init(void);
void mmu_set_user_space(u64 root, u64 vmid);
u64 mmu_user_space(void);		/* the root in use */
u64 mmu_user_vmid(void);
extern u64 mmu_empty_space[];		/* a stage-2 root that maps nothing */

/* cache.c */
void cache_clean_pou(const void *start, u64 bytes);
void cache_clean_poc(const void *start, u64 bytes);
void cache_invalidate_poc(const void *start, u64 bytes);
void cache_clean_invalidate_poc(const void *start, u64 bytes);
void cache_unify(const void *start, u64 bytes);
void tlb_flush_vmid(u64 vmid);
void tlb_flush_ipa(u64 vmid, u64 ipa);
void tlb_flush_guest(void);		/* this core's, of the guest in use: what its own tables gave */
void tlb_flush_all(void);

/* gicv2.c */
void gicv2_init(void);		/* the distributor */
void gicv2_start_core(void);	/* what each core has of its own */
void gicv2_stop_others(void);	/* several cores: the machine ends */
volatile u32 *gich_register(unsigned int offset);
void gicv2_set_active(unsigned int irq, bool active);
bool gicv2_is_active(unsigned int irq);

/* timer.c */
void timer_start_core(void);
/* What native threads that do not hold the EL1 physical timer may use, and a guest. */
void timer_native_access(void);
void timer_guest_access(bool counter);
/* Is the switch to tcb one from or to the holder? If so, the two below are to be called. */
static inline bool timer_moves(const struct tcb *tcb)
{
	return core_self()->timer_open || core_self()->timer_user == tcb;
}
void timer_leave(void);				/* before the vCPU's switch: no holder runs any more */
void timer_enter(const struct tcb *tcb);	/* after it: if tcb is the holder, it may use CNTP_* */
bool timer_take(const struct tcb *tcb, u32 esr);	/* it trapped: true if it may, try again */
void timer_handler_used(struct core *core, struct slot *slot);

/* uart.c */
void uart_init(void);

/* switch.c */
bool fpu_take(struct tcb *tcb);	/* switch.c */
void fpu_save(struct fpu_context *fpu);
void fpu_load(const struct fpu_context *fpu);

/* entry.S */
_Noreturn void entry_exit(struct context *context);
u64 serror_take(void);		/* a pending SError is taken; its ESR, or 0 */

/* exception.c, boot: called by entry.S */
struct tcb *exception_sync(u64 esr);
struct tcb *exception_irq(void);
struct tcb *exception_serror(u64 esr);
_Noreturn void exception_fatal(u64 vector);
void exception_start_core(void);	/* SErrors from now on are the kernel's */
struct context *boot_start(const u64 parameters[6], u64 image_phys);
struct context *boot_start_core(void);	/* all but the first core */

#endif
