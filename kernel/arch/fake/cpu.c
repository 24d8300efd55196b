/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers, caches, TLB and the GIC's virtual interface of the fake machine. */
#include <arch/fake.h>
#include <arch/machine.h>
#include <arm/gicv2.h>

#include <assert.h>
#include <string.h>

#define SYSREGS		64

struct fake_counts fake_counts;
void (*fake_tlb_flushed)(u64 vmid, u64 address, bool all);
unsigned int mmu_address_bits = 44;
_Alignas(8192) u64 mmu_empty_space[1024];

static struct {
	const char *name;
	u64 value;
} sysregs[SYSREGS];
static u32 gich[128] = { [GICH_VTR / 4] = FAKE_LIST_REGISTERS - 1 };
static bool active[1020];
static u64 user_space, user_vmid;

void fake_cpu_reset(void)
{
	memset(sysregs, 0, sizeof(sysregs));
	memset(gich, 0, sizeof(gich));
	memset(active, 0, sizeof(active));
	gich[GICH_VTR / 4] = FAKE_LIST_REGISTERS - 1;
	fake_counts = (struct fake_counts){ 0 };
	mmu_address_bits = 44;
}

u64 *fake_sysreg(const char *name)
{
	unsigned int i;

	for (i = 0; sysregs[i].name && strcmp(sysregs[i].name, name); i++)
		assert(i + 1 < SYSREGS);
	sysregs[i].name = name;
	return &sysregs[i].value;
}

struct paddr mmu_image_ptr_to_phys(const void *ptr)
{
	assert(ptr == mmu_empty_space);
	return paddr(FAKE_EMPTY_SPACE);
}

bool mmu_in_window(u64 start, u64 end)
{
	return start >= FAKE_RAM_BASE && end <= FAKE_RAM_BASE + FAKE_RAM_SIZE;
}

void mmu_set_user_space(u64 root, u64 vmid)
{
	assert(vmid < 256);
	user_space = root;
	user_vmid = vmid;
}

u64 mmu_user_vmid(void)
{
	return user_vmid;
}

u64 mmu_user_space(void)
{
	return user_space;
}

/* Cache operations must stay within memory. */
static void count(unsigned int *counter, const void *start, u64 bytes)
{
	assert((const u8 *)start >= fake_ram);
	assert((const u8 *)start + bytes <= fake_ram + FAKE_RAM_SIZE);
	++*counter;
}

void cache_clean_pou(const void *start, u64 bytes)
{
	count(&fake_counts.clean_pou, start, bytes);
}

void cache_clean_poc(const void *start, u64 bytes)
{
	count(&fake_counts.clean_poc, start, bytes);
}

void cache_invalidate_poc(const void *start, u64 bytes)
{
	count(&fake_counts.invalidate, start, bytes);
}

void cache_clean_invalidate_poc(const void *start, u64 bytes)
{
	count(&fake_counts.clean_invalidate, start, bytes);
}

void cache_unify(const void *start, u64 bytes)
{
	count(&fake_counts.unify, start, bytes);
}

void tlb_flush_vmid(u64 vmid)
{
	fake_counts.flush_vmid++;
	if (fake_tlb_flushed)
		fake_tlb_flushed(vmid, 0, true);
}

void tlb_flush_ipa(u64 vmid, u64 ipa)
{
	fake_counts.flush_ipa++;
	if (fake_tlb_flushed)
		fake_tlb_flushed(vmid, ipa, false);
}

void tlb_flush_guest(void)
{
	fake_counts.flush_guest++;
}

volatile u32 *gich_register(unsigned int offset)
{
	return &gich[offset / 4];
}

void gicv2_set_active(unsigned int irq, bool is_active)
{
	active[irq] = is_active;
}

bool gicv2_is_active(unsigned int irq)
{
	return active[irq];
}

void timer_native_access(void)
{
}

void timer_guest_access(bool counter)
{
}
