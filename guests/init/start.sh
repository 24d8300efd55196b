# SPDX-License-Identifier: BSD-2-Clause
# What every guest's init begins with, sourced: file systems, modules, helpers.
/bin/busybox --install -s /bin
export PATH=/usr/local/bin:/bin:/usr/bin HOME=/root TERM=${TERM:-vt100}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp
for module in $(cat /etc/modules); do
	modprobe "$module"
done

# given WORD: is it on the kernel's command line?
given() { grep -qw -- "$1" /proc/cmdline; }

# shell PROMPT: a shell with job control on the console, again when it ends
shell() {
	export PS1="$1# "
	while :; do
		setsid cttyhack sh
	done
}
