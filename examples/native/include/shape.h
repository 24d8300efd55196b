/* SPDX-License-Identifier: BSD-2-Clause */
/* Types that calls and dataports of this example carry. */
#ifndef SHAPE_H
#define SHAPE_H

#include <stdint.h>

typedef struct point {
	int32_t x;
	int32_t y;
} point_t;

typedef enum shade { SHADE_LIGHT, SHADE_MIDDLE, SHADE_DARK } shade_t;

/* What Client and Server share: filled by one, read by the other. */
typedef struct board {
	uint32_t lines;
	char text[512];
} board_t;

#endif
