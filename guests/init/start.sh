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
		[ ! -e /tmp/udhcpc.pid ] || kill "$(cat /tmp/udhcpc.pid)" 2>/dev/null	# a card of before
		udhcpc -b -i eth0 -p /tmp/udhcpc.pid -s /bin/address >/tmp/udhcpc.log 2>&1 &
	fi
}

# watch_backends COMMAND: looks for the devices of backends that are not there: those that this VM started
# without, and those whose QEMU ended. COMMAND is run when devices have come.
watch_backends() {
	local node bus
	# The monitor names each backend that was late in the device tree; its devices come all at once.
	for node in /proc/device-tree/pcie@*; do
		[ -e "$node/peervisor,late" ] || continue
		bus=$(hexdump -v -s 2 -n 2 -e '2/1 "%02x"' "$node/linux,pci-domain"):00
		late_backend "$(tr -d '\000' <"$node/peervisor,late")" "$bus" "$1" >/dev/console 2>&1 &
	done
	watch_devices "$1" >/dev/console 2>&1 &
}

# find_function BUS FUNCTION: as a pattern
find_function() {
	until ls -d /sys/bus/pci/devices/$2 >/dev/null 2>&1; do
		sleep 1
		echo 1 >"/sys/class/pci_bus/$1/rescan"
	done
	! grep -qs '^virtio:d00000001' /sys/bus/virtio/devices/*/modalias || load virtio_net
}

late_backend() {
	echo "init: $1 is not up yet; its devices will be found when it is"
	find_function "$2" "$2:*"
	$3
	echo "init: $1 is up, and its devices are there"
	watch_devices "$3"
}

# is_lost DEVICE: a virtio device of a backend whose driver is there and whose status says otherwise: all ones
# or 0 while there is no QEMU, 0 when another one came. Only kinds that can be removed at any time: a network
# card, a console, random numbers. A disk cannot: what was written to it waits for its answer.
is_lost() {
	local kind status
	[ -e "$1/driver" ] && [ -e "$1/../config" ] || return 1	# of PCI: another is this VM's own hardware
	read -r kind <"$1/device"
	case $kind in 0x0001 | 0x0003 | 0x0004) ;; *) return 1 ;; esac
	read -r status <"$1/status"
	case $status in 0x00000000 | 0x000000ff) ;; *) return 1 ;; esac
}

# A device that is lost twice in a row is lost: once may be while its driver starts it.
watch_devices() {
	local device lost= before
	grep -qs '^virtio:d0000000[134]v' /sys/bus/virtio/devices/*/modalias || return 0
	mkdir /tmp/watched 2>/dev/null || return 0	# once is enough
	while sleep 2; do
		before=$lost
		lost=
		for device in /sys/bus/virtio/devices/*; do
			is_lost "$device" || continue
			case "$before " in
			*" $device "*) find_again "$(readlink -f "$device/..")" "$1" & ;;
			*) lost="$lost $device" ;;
			esac
		done
	done
}

# The driver of a removed function lets go of what it had; the function that is found starts from nothing.
find_again() {
	local function=${1##*/}
	echo "init: the backend of $function is lost; it will be used again when it is back"
	echo 1 >"$1/remove"
	find_function "${function%:*}" "$function"
	$2
	echo "init: $function is back"
}

# given WORD: is it on the kernel's command line?
given() { grep -qw -- "$1" /proc/cmdline; }

# shell PROMPT: a shell with job control on the console, again when it ends; does not return
shell() {
	export PS1="$1# " ENV=/etc/shell.sh
	exec busybox init
}
