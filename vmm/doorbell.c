/* SPDX-License-Identifier: BSD-2-Clause */
#include "doorbell.h"

#include <string.h>

static unsigned int bucket_of(uint64_t address)
{
	return (unsigned int)(address >> 2 ^ address >> 12) % DOORBELL_BUCKETS;
}

void doorbell_reset(struct doorbells *all, gpa_t window, uint64_t window_size)
{
	unsigned int i;

	memset(all->doorbell, 0, sizeof(all->doorbell));
	all->window = window;
	all->window_size = window_size;
	for (i = 0; i < DOORBELL_BUCKETS; i++)
		all->bucket[i] = -1;
}

unsigned int doorbell_set(struct doorbells *all, const struct iobuf_message *m)
{
	struct doorbell *d = &all->doorbell[m->space];
	int16_t *bucket = &all->bucket[bucket_of(m->addr)];
	uint64_t length = m->len ? m->len : 1;

	if (m->addr < all->window.value || length > all->window_size ||
	    m->addr - all->window.value > all->window_size - length)
		return NAK_EINVAL;
	if (d->used)
		return NAK_EEXIST;
	*d = (struct doorbell){
		.used = true,
		.match = m->arg[0] & IOBUF_DOORBELL_MATCH,
		.length = (uint8_t)m->len,
		.next = *bucket,
		.address = m->addr,
		.data = m->data & mmio_mask(m->len),
	};
	*bucket = (int16_t)m->space;
	return 0;
}

unsigned int doorbell_clear(struct doorbells *all, uint32_t index)
{
	struct doorbell *d = &all->doorbell[index];
	int16_t *link = &all->bucket[bucket_of(d->address)];

	if (!d->used)
		return NAK_ENOENT;
	while (*link != (int16_t)index)
		link = &all->doorbell[*link].next;
	*link = d->next;
	d->used = false;
	return 0;
}

int doorbell_find(struct doorbells *all, struct mmio_access *access)
{
	int i = all->bucket[bucket_of(access->address.value)];

	for (; i >= 0; i = all->doorbell[i].next) {
		const struct doorbell *d = &all->doorbell[i];

		if (d->address != access->address.value)
			continue;
		if (d->length && d->length != access->size)
			continue;
		if (!d->match || d->data == mmio_write_value(access))
			return i;
	}
	return -1;
}
