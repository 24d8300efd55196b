/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test programs of the module and of QEMU check with: the first failure ends the program. */
#ifndef SEL4_VIRT_TEST_EXPECT_H
#define SEL4_VIRT_TEST_EXPECT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define expect(condition)								\
	do {										\
		if (!(condition)) {							\
			printf("FAIL %s:%d: %s (errno %d %s)\n", __func__, __LINE__,	\
			       #condition, errno, strerror(errno));			\
			exit(1);							\
		}									\
	} while (0)

#define expect_error(call, error)							\
	do {										\
		errno = 0;								\
		expect((call) == -1 && errno == (error));				\
	} while (0)

/* For what another thread or program does: within 20 seconds. */
#define eventually(condition)								\
	do {										\
		int tries = 40000;							\
		while (!(condition) && tries--)						\
			usleep(500);							\
		expect(condition);							\
	} while (0)
#endif
