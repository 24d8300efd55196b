/* SPDX-License-Identifier: BSD-2-Clause */
#include <camkes.h>
#include <stdio.h>

int run(void)
{
	printf("I am %s\n", visit_who());
	return 0;
}
