/* SPDX-License-Identifier: BSD-2-Clause */
#include <camkes.h>
#include <stdio.h>

int run(void)
{
	for (int i = 0; i < 100; i++)
		count_add(1);
	count_add(0);
	printf("%s sees %d\n", get_instance_name(), count_get());
	return 0;
}
