# SPDX-License-Identifier: BSD-2-Clause
# The cache of what is slow to make, sourced. An entry is a folder NAME-KEY; KEY is a hash of every
# input. It is made in a temporary folder and renamed when whole, so one that exists is whole.
#
#	cached NAME KEY FUNCTION	runs FUNCTION FOLDER if there is no entry; sets $entry to its path
#	key_of TEXT-OR-FILE...		a key: files by content, folders by all their files, else the text

cache_root=${PEERVISOR_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/peervisor}

key_of() {
	local input
	for input; do
		if [ -d "$input" ]; then
			(cd "$input" && find . -type f ! -name '*.o' ! -name '*.ko' ! -name '.*.cmd' -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum)
		elif [ -f "$input" ]; then
			sha256sum <"$input"
		else
			echo "$input"
		fi
	done | sha256sum | cut -c1-16
}

cached() {
	local name=$1 key=$2 make=$3 work lock made
	entry=$cache_root/$name-$key
	[ -d "$entry" ] && return 0
	mkdir -p "$cache_root"
	exec {lock}>"$cache_root/.$name.lock"
	flock "$lock"
	if [ ! -d "$entry" ]; then
		find "$cache_root" -maxdepth 1 -name ".$name.*.part" -exec rm -rf {} +
		work=$(mktemp -d "$cache_root/.$name.XXXXXX.part")
		chmod 755 "$work"
		set +e		# a command that fails inside must end it: not possible under ||
		(set -e; exec {lock}>&-; "$make" "$work")
		made=$?
		set -e
		[ $made = 0 ] || { rm -rf "$work"; echo "guests: making $name failed" >&2; exit 1; }
		mv "$work" "$entry"
		# the newest three entries of a name stay
		ls -dt "$cache_root/$name"-???????????????? 2>/dev/null | tail -n +4 | xargs -r rm -rf
	fi
	exec {lock}>&-
}

progress() { echo "   $*" >&2; }
