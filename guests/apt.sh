# SPDX-License-Identifier: BSD-2-Clause
# A private apt, sourced: takes packages for arm64 (and Debian sources) from the mirror that this
# machine's own apt uses, without touching its state. The suites of the mirror are added, Debian's
# keys check every index, the indexes check every package.
#
#	apt_private DIR SUITE...	makes it in DIR; exports APT_CONFIG for the commands below
#	apt_unpack DIR ROOT PACKAGE...	downloads packages (no dependencies) and unpacks them to ROOT
#	apt_closure DIR ROOT PACKAGE... the same with everything they depend on
#
# A suite is NAME, security:NAME for the security archive, or source:NAME for its sources.

apt_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_base main|security: the URI of the archive, as this machine's apt has it
apt_base() {
	local want=$1 codename
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
	env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
		awk -v want="$want" -v c="$codename" '
			$2 == c && want == "main" { print $1; exit }
			$2 == c "-security" && want == "security" { print $1; exit }'
}

apt_private() {
	local dir=$1 suite kind base
	shift
	mkdir -p "$dir"/{etc/parts,state/lists/partial,cache/archives/partial,debs}
	: >"$dir/status"
	: >"$dir/etc/sources.list"
	for suite; do
		kind=deb base=main
		case $suite in
		security:*) base=security suite=${suite#security:}-security ;;
		source:*) kind=deb-src suite=${suite#source:} ;;
		esac
		base=$(apt_base $base)
		[ -n "$base" ] || { echo "guests: apt on this machine has no Debian archive for '$suite'; check /etc/apt and run apt-get update" >&2; return 1; }
		echo "$kind [signed-by=$apt_keys] $base $suite main" >>"$dir/etc/sources.list"
	done
	cat >"$dir/apt.conf" <<-END
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; "amd64"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "$(id -un)";
		Dir::State "$dir/state";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc::sourcelist "$dir/etc/sources.list";
		Dir::Etc::sourceparts "$dir/etc/parts";
		Acquire::Languages "none";
		Acquire::Retries "3";
	END
	export APT_CONFIG=$dir/apt.conf
	apt-get -qq update >"$dir/update.log" 2>&1 ||
		{ echo "guests: apt cannot read the package indexes: $(grep -m1 '^[EW]:' "$dir/update.log")" >&2; return 1; }
}

apt_unpack_debs() { # DIR ROOT
	local deb
	mkdir -p "$2"
	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$2"
	done
}

apt_unpack() {
	local dir=$1 root=$2
	shift 2
	rm -rf "$dir/debs" && mkdir -p "$dir/debs"
	(cd "$dir/debs" && apt-get -qq download "$@") >"$dir/download.log" 2>&1 ||
		{ echo "guests: cannot download $*: $(grep -m1 '^E:' "$dir/download.log")" >&2; return 1; }
	apt_unpack_debs "$dir/debs" "$root"
}

apt_closure() {
	local dir=$1 root=$2
	shift 2
	rm -f "$dir"/cache/archives/*.deb
	apt-get -qq -y install --download-only "$@" >"$dir/download.log" 2>&1 ||
		{ echo "guests: cannot download $*: $(grep -m1 '^E:' "$dir/download.log")" >&2; return 1; }
	apt_unpack_debs "$dir/cache/archives" "$root"
}
