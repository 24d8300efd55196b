/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel.h"
void bench_latency(void)
{
}
