/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads an image as the loader and the root task do, with the root task's own checks of the capability
 * distribution. Prints each item; exit code 1 and one line if something is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/image.h"
#include "roottask/spec.h"

static unsigned char *data;
static uint64_t size;
static struct image_header header;

static void wrong(const char *what)
{
	printf("wrong: %s\n", what);
	exit(1);
}

static void read_image(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		wrong("cannot open");
	fseek(f, 0, SEEK_END);
	size = (uint64_t)ftell(f);
	rewind(f);
	data = malloc(size);
	if (!data || fread(data, size, 1, f) != 1)
		wrong("cannot read");
	fclose(f);
}

static struct image_item item(uint32_t n)
{
	struct image_item i;

	memcpy(&i, data + header.table + n * sizeof(i), sizeof(i));
	return i;
}

static void check_header(void)
{
	uint64_t linux_size;
	uint32_t crc, n;

	memcpy(&header, data + IMAGE_HEADER_OFFSET, sizeof(header));
	memcpy(&linux_size, data + 16, 8);
	if (header.magic != IMAGE_MAGIC || header.size != size || linux_size < size)
		wrong("header");
	if (header.items > IMAGE_MAX_ITEMS || header.table + header.items * sizeof(struct image_item) > size)
		wrong("table");
	crc = image_crc32(0, data + header.table, header.items * sizeof(struct image_item));
	for (n = 0; n < header.items; n++)
		if (item(n).type == IMAGE_KERNEL || item(n).type == IMAGE_USER)
			crc = image_crc32(crc, data + item(n).offset, item(n).size);
	if (crc != header.crc32)
		wrong("CRC");
}

/* The distribution is at the first page of the user image that starts with its magic number. */
static void check_user(const struct image_item *i)
{
	static struct spec spec;
	char error[SPEC_ERROR_LENGTH];
	uint32_t magic = 0;
	uint64_t at;

	for (at = 4096; at + 4 < i->size; at += 4096) {
		memcpy(&magic, data + i->offset + at, 4);
		if (magic == CAPDL_MAGIC)
			break;
	}
	if (magic != CAPDL_MAGIC)
		wrong("no distribution");
	if (spec_open(&spec, data + i->offset + at, i->size - at, error))
		wrong(error);
	printf("objects %u caps %u mappings %u threads %u slots %llu\n", spec.header->num_objects,
	       spec.header->num_caps, spec.header->num_mappings, spec.header->num_threads,
	       (unsigned long long)spec_count_slots(&spec));
}

int main(int argc, char **argv)
{
	static const char *const types[] = { "?", "kernel", "user", "blob", "reserve" };
	struct image_item i;
	uint32_t n;

	if (argc != 2)
		wrong("usage: image_check IMAGE");
	read_image(argv[1]);
	check_header();
	for (n = 0; n < header.items; n++) {
		i = item(n);
		if (i.type < 1 || i.type > 4 || (i.type != IMAGE_RESERVE && i.offset + i.size > size))
			wrong("item");
		if (i.type == IMAGE_BLOB && i.physical != header.load_address + i.offset)
			wrong("place of a blob");
		printf("%s %s 0x%llx %llu\n", types[i.type], i.name, (unsigned long long)i.physical,
		       (unsigned long long)(i.type == IMAGE_RESERVE ? i.memory_size : i.size));
		if (i.type == IMAGE_KERNEL)
			printf("cores %u\n", i.cores);
		if (i.type == IMAGE_USER)
			check_user(&i);
	}
	return 0;
}
