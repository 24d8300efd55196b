#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check.sh MODEL.pml: verify it, then with each name of its "BREAK:" lines defined; those must fail.
set -eu
command -v spin >/dev/null || { echo "spin is not installed: apt-get install spin"; exit 77; }
model=$(readlink -f "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

verify() {	# verify [-DNAME]: exit 0 if SPIN finds no error
	rm -f pan* ./*.trail
	spin -a ${1+"$1"} "$model" >spin.log || { cat spin.log; exit 1; }
	gcc -O2 -w -DSAFETY -DNOFAIR -DVECTORSZ=2048 -DMEMLIM=2048 -DCOLLAPSE -o pan pan.c
	timeout 100 ./pan -m1000000 -n >pan.log 2>&1 || true
	grep -q 'errors: ' pan.log || { echo "$model: not verified"; cat pan.log; exit 1; }
	! grep -qE 'max search depth too small|reached -DMEMLIM' pan.log ||
		{ echo "$model: search cut short"; cat pan.log; exit 1; }
	grep -q 'errors: 0' pan.log
}

verify || { cat pan.log; echo "$model: fails"; exit 1; }
grep -E 'states, stored|errors:' pan.log
for name in $(sed -n 's/.*BREAK: *\([A-Z_]*\).*/\1/p' "$model"); do
	if verify "-D$name"; then
		echo "$model: holds without what $name takes out: the model checks nothing"
		exit 1
	fi
	echo "without $name: SPIN finds the fault, as it must"
done
