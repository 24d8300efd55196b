# SPDX-License-Identifier: BSD-2-Clause
# Read by the console's shell. reboot -f and poweroff -f as busybox has them, but for one thing: writing
# back is waited for 3 s at most, since a disk whose backend died never answers.
leave() {
	local name=$1 tenths=0
	shift
	[ "${1-}" = -f ] || { busybox "$name" "$@"; return; }
	(sync &
	while kill -0 $! 2>/dev/null && [ $tenths -lt 30 ]; do
		usleep 100000
		tenths=$((tenths + 1))
	done)
	busybox "$name" -n -f
}
reboot() { leave reboot "$@"; }
poweroff() { leave poweroff "$@"; }
