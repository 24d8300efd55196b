# SPDX-License-Identifier: BSD-2-Clause
# What every guest's init begins with, sourced: file systems, modules, helpers. It ends in `shell`,
# where busybox's init takes over: a shell on the console, poweroff and reboot.
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin TERM=${TERM:-vt100}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp
# load MODULE...: a kernel of which this file system has no modules has all of them built in
load() {
	[ -d "/lib/modules/$(uname -r)" ] || return 0
	for module; do
		modprobe "$module" || echo "init: module $module does not load"
	done
}
load $(cat /etc/modules)
# A network function is only in some VMs, and its driver comes with no other device.
! grep -qs '^virtio:d00000001' /sys/bus/virtio/devices/*/modalias || load virtio_net
stty rows 24 cols 80	# a serial line has no size of its own

# given WORD: is it on the kernel's command line?
given() { grep -qw -- "$1" /proc/cmdline; }

# shell PROMPT: a shell with job control on the console, again when it ends; does not return
shell() {
	export PS1="$1# " ENV=/etc/shell.sh
	exec busybox init
}
