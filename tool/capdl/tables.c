/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables. The distribution says which page lies where; capDL wants the tables in between, as the
 * root task makes them: four levels on a machine of 44-bit addresses, 9 bits of address each.
 */
#include <stdlib.h>

#include "print.h"

#define LEVELS		4
#define LEVEL_BITS	9u

static const struct {
	const char *type;
	unsigned int shift;	/* bits of the address below an entry */
} levels[LEVELS] = { { "pgd", 39 }, { "pud", 30 }, { "pd", 21 }, { "pt", 12 } };

static int compare(const void *one, const void *other)
{
	const struct print_page *a = one, *b = other;

	if (a->vspace != b->vspace)
		return a->vspace < b->vspace ? -1 : 1;
	return a->vaddr < b->vaddr ? -1 : a->vaddr > b->vaddr;
}

void tables_collect(struct print *p)
{
	const struct distribution *d = p->distribution;
	const struct capdl_mapping *m;
	size_t i, n = 0;
	uint32_t k;

	for (i = 0; i < d->num_mappings; i++)
		n += d->mappings[i].count;
	p->pages = arena_alloc(d->arena, sizeof(*p->pages) * (n + 1));
	for (i = 0; i < d->num_mappings; i++) {
		m = &d->mappings[i];
		for (k = 0; k < m->count; k++)
			p->pages[p->page_count++] = (struct print_page){
				.vspace = m->vspace, .memory = m->memory, .page = m->first + k,
				.rights = m->rights, .attributes = m->attributes,
				.vaddr = m->vaddr + ((uint64_t)k << d->objects[m->memory].size),
			};
	}
	qsort(p->pages, p->page_count, sizeof(*p->pages), compare);
}

static bool is_leaf(const struct print *p, const struct print_page *page, unsigned int level)
{
	return p->distribution->objects[page->memory].size >= levels[level].shift;
}

/* The end of the run of pages from `i` on that are below one entry of a level. */
static size_t run_end(const struct print *p, size_t i, unsigned int level)
{
	const struct print_page *first = &p->pages[i];

	for (i++; i < p->page_count; i++)
		if (p->pages[i].vspace != first->vspace ||
		    p->pages[i].vaddr >> levels[level].shift != first->vaddr >> levels[level].shift)
			break;
	return i;
}

/* The address space itself, or the table of a level that page i is in. */
static void put_name(const struct print *p, size_t i, unsigned int level)
{
	const struct print_page *page = &p->pages[i];

	fputs(p->names[page->vspace], p->out);
	if (level)
		fprintf(p->out, "_%s_%llx", levels[level].type,
			(unsigned long long)page->vaddr >> levels[level - 1].shift);
}

void tables_objects(const struct print *p)
{
	unsigned int level;
	size_t i;

	for (level = 1; level < LEVELS; level++)
		for (i = 0; i < p->page_count; i = run_end(p, i, level - 1)) {
			if (is_leaf(p, &p->pages[i], level - 1))
				continue;
			put_name(p, i, level);
			fprintf(p->out, " = %s\n", levels[level].type);
		}
}

static void put_entry(const struct print *p, size_t i, unsigned int level)
{
	const struct print_page *page = &p->pages[i];

	fprintf(p->out, "  0x%llx: ", (unsigned long long)(page->vaddr >> levels[level].shift) &
		((1u << LEVEL_BITS) - 1));
	if (is_leaf(p, page, level)) {
		print_frame(p, page->memory, page->page);
		fputs(" (", p->out);
		print_rights(p, page->rights);
		fprintf(p->out, "%s%s)\n", page->attributes & SEL4_ATTR_EXECUTE_NEVER ? "" : "X",
			page->attributes & SEL4_ATTR_CACHEABLE ? "" : ", uncached");
	} else {
		put_name(p, i, level + 1);
		fputc('\n', p->out);
	}
}

static void put_table(const struct print *p, size_t i, unsigned int level)
{
	size_t end = level ? run_end(p, i, level - 1) : p->page_count;
	uint32_t vspace = p->pages[i].vspace;

	put_name(p, i, level);
	fputs(" {\n", p->out);
	for (; i < end && p->pages[i].vspace == vspace; i = run_end(p, i, level))
		put_entry(p, i, level);
	fputs("}\n", p->out);
}

void tables_caps(const struct print *p)
{
	unsigned int level;
	size_t i;

	for (i = 0; i < p->page_count; i++)
		if (!i || p->pages[i].vspace != p->pages[i - 1].vspace)
			put_table(p, i, 0);
	for (level = 1; level < LEVELS; level++)
		for (i = 0; i < p->page_count; i = run_end(p, i, level - 1))
			if (!is_leaf(p, &p->pages[i], level - 1))
				put_table(p, i, level);
}
