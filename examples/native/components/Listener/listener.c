/* SPDX-License-Identifier: BSD-2-Clause */
/* bell_handle: each event is served by it, in the interface's thread. */
#include <camkes.h>
#include <stdio.h>

void bell_handle(void)
{
	printf("the bell rings\n");
}
