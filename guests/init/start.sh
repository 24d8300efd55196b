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
# load MODULE...: one of which this file system has none for the kernel that runs is built into that
load() {
	local module
	for module; do
		grep -qs "/$module.ko:" "/lib/modules/$(uname -r)/modules.dep" || continue
		modprobe "$module" || echo "init: module $module does not load"
	done
}
load $(cat /etc/modules)
# A network function is only in some VMs, and its driver comes with no other device.
! grep -qs '^virtio:d00000001' /sys/bus/virtio/devices/*/modalias || load virtio_net
stty rows 24 cols 80	# a serial line has no size of its own

# words NAME: the values of the words peervisor.NAME=VALUE of the kernel's command line
words() { tr ' ' '\n' </proc/cmdline | sed -n "s/^peervisor\.$1=//p"; }

# mount_disks: peervisor.mount=DEVICE:FOLDER, ext4 disks whose files are served, so before anything is
mount_disks() {
	local word
	for word in $(words mount); do
		load crc32c_generic ext4
		mkdir -p "${word#*:}"
		mount -t ext4 "${word%%:*}" "${word#*:}" || echo "init: cannot mount ${word%%:*} on ${word#*:} as ext4"
	done
}

# network_up: the card that a backend serves, with peervisor.address=IP/BITS, else by DHCP
network_up() {
	local address
	[ -e /sys/class/net/eth0 ] || return 0
	ip link set eth0 up
	address=$(words address)
	if [ -n "$address" ]; then
		ip address add "$address" dev eth0
	else
		udhcpc -b -i eth0 -s /bin/address >/tmp/udhcpc.log 2>&1 &
	fi
}

# late_backends COMMAND: the monitor names in the device tree each backend that this VM started without. Its
# devices come all at once, when it has come up; they are looked for until then, and COMMAND is run after.
late_backends() {
	local node bus
	for node in /proc/device-tree/pcie@*; do
		[ -e "$node/peervisor,late" ] || continue
		bus=$(hexdump -v -s 2 -n 2 -e '2/1 "%02x"' "$node/linux,pci-domain"):00
		late_backend "$(tr -d '\000' <"$node/peervisor,late")" "$bus" "$1" >/dev/console 2>&1 &
	done
}

late_backend() {
	echo "init: $1 is not up yet; its devices will be found when it is"
	until ls -d "/sys/bus/pci/devices/$2:"* >/dev/null 2>&1; do
		sleep 1
		echo 1 >"/sys/class/pci_bus/$2/rescan"
	done
	! grep -qs '^virtio:d00000001' /sys/bus/virtio/devices/*/modalias || load virtio_net
	$3
	echo "init: $1 is up, and its devices are there"
}

# given WORD: is it on the kernel's command line?
given() { grep -qw -- "$1" /proc/cmdline; }

# shell PROMPT: a shell with job control on the console, again when it ends; does not return
shell() {
	export PS1="$1# " ENV=/etc/shell.sh
	exec busybox init
}
