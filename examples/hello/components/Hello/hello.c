/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls Echo as often as attribute `calls` says; each answer must be the number sent plus one. */
#include <camkes.h>

int run(void)
{
	int good = 0;

	log_info("hello from a component on a capability kernel");
	for (int i = 0; i < calls; i++)
		if (server_echo(i) == i + 1)
			good++;
	log_info("%d calls, %d replies", calls, good);
	return 0;
}
