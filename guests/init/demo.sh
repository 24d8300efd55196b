#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The demonstration's file: the same bytes wherever this runs (the build computes the sum with it).
awk 'BEGIN { x = 12345; for (i = 0; i < 131072; i++) { x = (x * 16807) % 2147483647; printf "%08x", x } }'
