/* SPDX-License-Identifier: BSD-2-Clause */
#include <camkes.h>

void client__init(void)
{
	log_info("waiting for calls");
}

int client_echo(int value)
{
	return value + 1;
}
