# SPDX-License-Identifier: BSD-2-Clause
# The front door. Each target is one script or one meson call; nothing is compiled by rules here.
.PHONY: help build images run check bench lint coverage clean

help:
	@sed -n 's/^#: //p' Makefile

#: make run     build what is missing, boot examples/two-vms, do the demonstration, leave a shell
run: build
	@scripts/run

#: make check   every test (what CI runs)
check:
	@scripts/check

#: make build   set the machine up and build everything: tool, kernel, components, guests, images
build:
	@scripts/build

#: make images  an image of each example, build/NAME.img (some of them need a kernel that is built: minutes)
images: build
	@scripts/image all

#: make bench   the benchmarks, under -icount
bench: build
	@scripts/image mesh >/dev/null
	@bench/run

#: make lint    gcc's -fanalyzer and clang-tidy over the kernel
lint:
	@scripts/lint

#: make coverage  which lines of the kernel its tests execute, on the host and in QEMU
coverage: build
	@scripts/coverage

#: make clean   remove build/ (the cache of slow pieces stays: see docs/guests.md)
clean:
	rm -rf build
