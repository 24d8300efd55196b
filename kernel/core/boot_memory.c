/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of physical regions. */
#include "boot_memory.h"

#include <kernel/print.h>

static void insert(struct regions *list, unsigned int at, u64 start, u64 end)
{
	if (list->count == BOOT_REGIONS)
		print_stop("boot: more than %u pieces of memory", BOOT_REGIONS);
	for (unsigned int i = list->count; i > at; i--)
		list->at[i] = list->at[i - 1];
	list->at[at] = (struct region){ start, end };
	list->count++;
}

static void drop(struct regions *list, unsigned int at)
{
	list->count--;
	for (unsigned int i = at; i < list->count; i++)
		list->at[i] = list->at[i + 1];
}

void regions_add(struct regions *list, u64 start, u64 end)
{
	unsigned int i = 0;

	if (start >= end)
		return;
	while (i < list->count && list->at[i].end < start)
		i++;
	while (i < list->count && list->at[i].start <= end) {
		if (list->at[i].start < start)
			start = list->at[i].start;
		if (list->at[i].end > end)
			end = list->at[i].end;
		drop(list, i);
	}
	insert(list, i, start, end);
}

void regions_remove(struct regions *list, u64 start, u64 end)
{
	for (unsigned int i = 0; i < list->count && start < end; i++) {
		struct region old = list->at[i];

		if (old.end <= start || old.start >= end)
			continue;
		drop(list, i);
		if (old.end > end)
			insert(list, i, end, old.end);
		if (old.start < start)
			insert(list, i, old.start, start);
		else
			i--;
	}
}

void regions_align(struct regions *list, unsigned int bits)
{
	for (unsigned int i = 0; i < list->count; i++) {
		list->at[i].start = align_up(list->at[i].start, bits);
		list->at[i].end = align_down(list->at[i].end, bits);
		if (list->at[i].start >= list->at[i].end)
			drop(list, i--);
	}
}

bool regions_contain(const struct regions *list, u64 start, u64 end)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (list->at[i].start <= start && end <= list->at[i].end)
			return start <= end;
	return false;
}
