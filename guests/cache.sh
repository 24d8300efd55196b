# SPDX-License-Identifier: BSD-2-Clause
# The cache of what is slow to make, sourced. An entry is a folder NAME-KEY; KEY is a hash of every
# input. It is made in a temporary folder and renamed when whole, so one that exists is whole.
#
#	cached NAME KEY FUNCTION	runs FUNCTION FOLDER if there is no entry; sets $entry to its path;
#					a command of FUNCTION that fails ends it, nothing counts then
#	cached_before NAME		sets $entry to the newest entry of NAME, if there is one
#	key_of TEXT-OR-FILE...		a key: files by content, folders by all their files, else the text

cache_root=${PEERVISOR_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/peervisor}
cache_keep=2	# entries of one name that stay; others go when unused for cache_days: another clone may use them
cache_days=7

progress() { echo "   $*" >&2; }

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

# The entries of a name, the one used last first. A key has 16 digits: "qemu" is not "qemu-debian".
cache_entries() { ls -dt "$cache_root/$1"-???????????????? 2>/dev/null || :; }

cached_before() {
	entry=$(cache_entries "$1" | head -n 1)
	[ -n "$entry" ]
}

cache_lock() { # NAME; sets $lock
	mkdir -p "$cache_root" 2>/dev/null && [ -w "$cache_root" ] ||
		{ echo "guests: cannot write $cache_root; name another folder with PEERVISOR_CACHE" >&2; return 1; }
	exec {lock}>"$cache_root/.$1.lock"
	flock -n "$lock" || { progress "waiting: another build makes $1"; flock "$lock"; }
}

cache_make() { # NAME FUNCTION
	local name=$1 make=$2 work run made=
	find "$cache_root" -maxdepth 1 -name ".$name.*.part" -exec rm -rf {} +
	work=$(mktemp -d "$cache_root/.$name.XXXXXX.part")
	chmod 755 "$work"
	# In a process substitution bash heeds -e whatever the caller's context (not so under if and ||).
	# It says so at its end: bash may have forgotten how a quick one ended.
	exec {run}< <(set -e; "$make" "$work" >&2; echo made)
	read -r made <&"$run" || :
	exec {run}<&-
	[ "$made" = made ] || { rm -rf "$work"; echo "guests: making $name failed" >&2; return 1; }
	touch "$work"
	mv "$work" "$entry"
	cache_entries "$name" | tail -n +$((cache_keep + 1)) | while read -r old; do
		find "$old" -maxdepth 0 -mtime +$((cache_days - 1)) -exec rm -rf {} +
	done
}

cached() {
	local name=$1 key=$2 make=$3 lock made=0
	entry=$cache_root/$name-$key
	[ ! -d "$entry" ] || { touch -c "$entry" 2>/dev/null || :; return 0; }
	cache_lock "$name" || return 1
	[ -d "$entry" ] || cache_make "$name" "$make" || made=1
	exec {lock}>&-
	return $made
}
