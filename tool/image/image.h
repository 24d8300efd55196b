/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the image file: loader/image.h has its format. */
#ifndef TOOL_IMAGE_H
#define TOOL_IMAGE_H

#include "../model/model.h"

struct image_options {
	const char *output;
	const char *kernel;		/* ELF file that was asked for: say which one runs; NULL: ours */
	const char *build_dir;		/* build/target */
	bool verbose;			/* print the memory map */
	bool print_capdl;
};

/* Plans memory, builds the distribution and writes the file (or none, with output NULL). */
bool image_build(struct model *m, const struct image_options *o);

struct distribution;
/* What image_build puts into the image, without writing one. NULL: said why not. */
struct distribution *image_distribution(struct model *m, const struct image_options *o);

#endif
