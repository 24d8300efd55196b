/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree: where memory is, and a copy with reservations. Devicetree specification 3, 5. */
#include "loader.h"

#define MAGIC		0xd00dfeedu
#define HEADER		40u
#define SIZE_MAX_OF_IT	(2u << 20)	/* Linux's boot protocol */
#define BEGIN_NODE	1u
#define END_NODE	2u
#define PROP		3u
#define NOP		4u
#define END		9u

static u32 get(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static void set(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24);
	p[1] = (u8)(v >> 16);
	p[2] = (u8)(v >> 8);
	p[3] = (u8)v;
}

static u64 get_cells(const u8 *p, u32 cells)
{
	return cells == 2 ? (u64)get(p) << 32 | get(p + 4) : get(p);
}

static bool equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *fdt_open(struct fdt *fdt, const void *base)
{
	const u8 *p = base;

	if (!base || (u64)base & 7 || get(p) != MAGIC)
		return "there is none (x0 at the entry)";
	fdt->base = p;
	fdt->total = get(p + 4);
	if (fdt->total < HEADER || fdt->total > SIZE_MAX_OF_IT)
		return "its size is wrong";
	fdt->tree = get(p + 8);
	fdt->strings = get(p + 12);
	fdt->reserve = get(p + 16);
	fdt->strings_end = fdt->strings + get(p + 32);
	fdt->tree_end = fdt->tree + get(p + 36);
	if (fdt->tree % 4 || fdt->tree > fdt->total || fdt->tree_end > fdt->total ||
	    fdt->tree_end < fdt->tree || fdt->strings > fdt->total ||
	    fdt->strings_end > fdt->total || fdt->strings_end <= fdt->strings ||
	    fdt->reserve % 8 || fdt->reserve > fdt->total || p[fdt->strings_end - 1])
		return "a block of it lies outside";
	return NULL;
}

struct token {
	u32 at, kind, next;
	u32 value, length;		/* PROP */
	const char *name;		/* BEGIN_NODE, PROP */
};

/* The token at an offset; false if it is none or runs over the end. */
static bool token_at(const struct fdt *fdt, u32 at, struct token *t)
{
	u32 room = fdt->tree_end - at, name, length = 0;

	if (at > fdt->tree_end || room < 4)
		return false;
	*t = (struct token){ .at = at, .kind = get(fdt->base + at), .next = at + 4 };
	if (t->kind == BEGIN_NODE) {
		t->name = (const char *)fdt->base + at + 4;
		while (length < room - 4 && t->name[length])
			length++;
		if (length >= room - 4)
			return false;
		t->next = at + 4 + ((length + 4) & ~3u);
	} else if (t->kind == PROP) {
		if (room < 12)
			return false;
		t->value = at + 12;
		t->length = get(fdt->base + at + 4);
		name = get(fdt->base + at + 8);
		if (t->length > room - 12 || name >= fdt->strings_end - fdt->strings)
			return false;
		t->name = (const char *)fdt->base + fdt->strings + name;
		t->next = t->value + ((t->length + 3) & ~3u);
	} else if (t->kind != END_NODE && t->kind != NOP && t->kind != END) {
		return false;
	}
	return true;
}

static const char *add_memory(const struct fdt *fdt, const struct token *reg, u32 address,
			      u32 size, struct ranges *ram)
{
	u32 step = 4 * (address + size);

	if (address < 1 || address > 2 || size < 1 || size > 2 || reg->length % step)
		return "a memory node does not fit #address-cells and #size-cells";
	for (u32 at = 0; at < reg->length; at += step) {
		u64 start = get_cells(fdt->base + reg->value + at, address);
		u64 bytes = get_cells(fdt->base + reg->value + at + 4 * address, size);

		if (start > PHYS_LIMIT || bytes > PHYS_LIMIT)
			return "a memory node lies beyond 44 bits";
		if (ram->count == RANGES_MAX)
			return "it has too many memory nodes";
		ram->at[ram->count++] = (struct range){ start, start + bytes };
	}
	return NULL;
}

const char *fdt_memory(const struct fdt *fdt, struct ranges *ram)
{
	u32 depth = 0, address = 2, size = 1;
	struct token t, reg = { 0 };
	bool memory = false;
	const char *wrong = NULL;

	for (u32 at = fdt->tree; token_at(fdt, at, &t); at = t.next) {
		if (t.kind == END)
			return ram->count ? NULL : "it has no memory node";
		if (t.kind == BEGIN_NODE) {
			depth++;
			memory = false;
			reg.length = 0;
		} else if (t.kind == END_NODE) {
			if (depth == 2 && memory)
				wrong = add_memory(fdt, &reg, address, size, ram);
			if (wrong || !depth--)
				break;
			memory = false;
		} else if (t.kind == PROP && depth == 1 && t.length == 4) {
			if (equal(t.name, "#address-cells"))
				address = get(fdt->base + t.value);
			else if (equal(t.name, "#size-cells"))
				size = get(fdt->base + t.value);
		} else if (t.kind == PROP && depth == 2) {
			if (equal(t.name, "device_type") && t.length == 7)
				memory = equal((const char *)fdt->base + t.value, "memory");
			else if (equal(t.name, "reg"))
				reg = t;
		}
	}
	return wrong ? wrong : "its structure is broken";
}

/* Where the new nodes go: the end of /reserved-memory if there is one, else the end of the root. */
struct place {
	u32 at;
	bool exists;
	u32 address, size;	/* cells there */
};

static struct place find_place(const struct fdt *fdt)
{
	struct place place = { .address = 2, .size = 1 };
	u32 depth = 0;
	bool inside = false;
	struct token t;

	for (u32 at = fdt->tree; token_at(fdt, at, &t) && t.kind != END; at = t.next) {
		if (t.kind == BEGIN_NODE) {
			if (++depth == 2)
				inside = equal(t.name, "reserved-memory");
		} else if (t.kind == END_NODE) {
			if ((depth == 2 && inside) || (depth == 1 && !place.exists)) {
				place.at = at;
				place.exists = inside;
			}
			inside = inside && depth != 2;
			depth--;
		} else if (t.kind == PROP && t.length == 4 && depth == 1) {
			/* The specification wants /reserved-memory to have the root's. */
			if (equal(t.name, "#address-cells"))
				place.address = get(fdt->base + t.value);
			else if (equal(t.name, "#size-cells"))
				place.size = get(fdt->base + t.value);
		}
	}
	return place;
}

struct writer {
	u8 *to;
	u64 at, room;
};

static void write_bytes(struct writer *w, const void *from, u64 bytes)
{
	if (w->at + bytes <= w->room)
		__builtin_memcpy(w->to + w->at, from, bytes);
	w->at += bytes;
}

static void write_cell(struct writer *w, u32 v)
{
	u8 cell[4];

	set(cell, v);
	write_bytes(w, cell, sizeof(cell));
}

static void write_pad(struct writer *w, u32 unit)
{
	while (w->at % unit)
		write_bytes(w, "", 1);
}

static void write_value(struct writer *w, u64 v, u32 cells)
{
	if (cells == 2)
		write_cell(w, (u32)(v >> 32));
	write_cell(w, (u32)v);
}

/* Names that the new nodes use, appended to the strings as one piece. */
static const char new_strings[] = "reg\0no-map\0#address-cells\0#size-cells\0ranges";
enum { NAME_REG = 0, NAME_NO_MAP = 4, NAME_ADDRESS = 11, NAME_SIZE = 26, NAME_RANGES = 38 };
_Static_assert(sizeof(new_strings) == NAME_RANGES + 7, "the offsets above");

static void write_prop(struct writer *w, u32 name, u32 length)
{
	write_cell(w, PROP);
	write_cell(w, length);
	write_cell(w, name);
}

static void write_name(struct writer *w, u64 address)
{
	char name[24] = "peervisor@";
	unsigned int n = 10, shift = 60;

	while (shift && !(address >> shift))
		shift -= 4;
	for (;; shift -= 4) {
		unsigned int digit = address >> shift & 15;

		name[n++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
		if (!shift || n == sizeof(name) - 1)
			break;
	}
	write_cell(w, BEGIN_NODE);
	write_bytes(w, name, n + 1);
	write_pad(w, 4);
}

static void write_reserved(struct writer *w, const struct place *place, u32 names,
			   const struct ranges *reserved)
{
	if (!place->exists) {
		write_cell(w, BEGIN_NODE);
		write_bytes(w, "reserved-memory", 16);
		write_prop(w, names + NAME_ADDRESS, 4);
		write_cell(w, place->address);
		write_prop(w, names + NAME_SIZE, 4);
		write_cell(w, place->size);
		write_prop(w, names + NAME_RANGES, 0);
	}
	for (unsigned int i = 0; i < reserved->count; i++) {
		write_name(w, reserved->at[i].start);
		write_prop(w, names + NAME_REG, 4 * (place->address + place->size));
		write_value(w, reserved->at[i].start, place->address);
		write_value(w, reserved->at[i].end - reserved->at[i].start, place->size);
		write_prop(w, names + NAME_NO_MAP, 0);
		write_cell(w, END_NODE);
	}
	if (!place->exists)
		write_cell(w, END_NODE);
}

static u32 reservations_size(const struct fdt *fdt)
{
	u32 at = fdt->reserve;

	while (at + 16 <= fdt->total &&
	       (get_cells(fdt->base + at, 2) || get_cells(fdt->base + at + 8, 2)))
		at += 16;
	return at - fdt->reserve;
}

u64 fdt_copy(const struct fdt *fdt, void *to, u64 room, const struct ranges *reserved)
{
	struct place place = find_place(fdt);
	struct writer w = { .to = to, .room = room };
	u32 reserve, tree, strings, names = fdt->strings_end - fdt->strings;
	u8 *header = to;

	write_bytes(&w, fdt->base, HEADER);
	reserve = (u32)w.at;
	write_bytes(&w, fdt->base + fdt->reserve, reservations_size(fdt));
	for (unsigned int i = 0; i < 4; i++)
		write_cell(&w, 0);
	tree = (u32)w.at;
	write_bytes(&w, fdt->base + fdt->tree, place.at - fdt->tree);
	if (reserved->count)
		write_reserved(&w, &place, names, reserved);
	write_bytes(&w, fdt->base + place.at, fdt->tree_end - place.at);
	strings = (u32)w.at;
	write_bytes(&w, fdt->base + fdt->strings, names);
	write_bytes(&w, new_strings, sizeof(new_strings));
	write_pad(&w, 8);
	if (w.at > room)
		return 0;
	set(header + 4, (u32)w.at);
	set(header + 8, tree);
	set(header + 12, strings);
	set(header + 16, reserve);
	set(header + 32, names + (u32)sizeof(new_strings));
	set(header + 36, strings - tree);
	return w.at;
}
