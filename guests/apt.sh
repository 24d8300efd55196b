# SPDX-License-Identifier: BSD-2-Clause
# A private apt, sourced: takes packages for arm64 (and Debian sources) from the mirror that this
# machine's own apt uses, without touching its state. The suites of the mirror are added, Debian's
# keys check every index, the indexes check every package.
#
#	apt_private DIR SUITE...	makes it in DIR; exports APT_CONFIG for the commands below
#	apt_newest REGEX		the newest package whose name matches all of REGEX
#	apt_unpack DIR ROOT PACKAGE...	downloads packages (no dependencies) and unpacks them to ROOT
#	apt_closure DIR ROOT PACKAGE... the same with everything they depend on
#
# A suite is NAME, security:NAME for the security archive, or source:NAME for its sources.

apt_keys=/usr/share/keyrings/debian-archive-keyring.gpg

apt_refuse() {
	echo "guests: $*" >&2
	return 1
}

# What apt says is wrong, in one line.
apt_reason() { grep -m1 '^E: ' "$1" || grep -m1 -E '^(W: |Err)' "$1" || echo "see $1"; }

# apt_base main|security: the URI of the archive, as this machine's apt has it. Without indexes (apt-get
# update never ran) only the name of the release is known, as the source list has it.
apt_base() {
	local want=$1 codename
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
	env -u APT_CONFIG apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' \
		'Created-By: Packages' 2>/dev/null |
		awk -v want="$want" -v c="$codename" '
			{ sub("/updates$", "-security", $2) }
			want == "main" && $2 == c { print $1; exit }
			want == "security" && $2 == c "-security" { print $1; exit }'
}

apt_sources() { # SUITE...
	local suite kind base
	for suite; do
		kind=deb base=main
		case $suite in
		security:*) base=security suite=${suite#security:}-security ;;
		source:*) kind=deb-src suite=${suite#source:} ;;
		esac
		base=$(apt_base $base)
		[ -n "$base" ] ||
			{ apt_refuse "apt on this machine has no Debian archive for '$suite'; it must be in /etc/apt" || return 1; }
		echo "$kind [signed-by=$apt_keys] $base $suite main"
	done
}

# Of the machine's own settings only how to reach the network counts (proxies, certificates).
apt_settings() { # DIR
	local dir=$1
	env -u APT_CONFIG apt-config dump 2>/dev/null | grep -E '^Acquire::(http|https|ftp)::.*"[^"]+";$' || :
	cat <<-END
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; "$(dpkg --print-architecture)"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "$(id -un)";
		Dir::State "$dir/state";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "$dir/etc/parts";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "$dir/etc/parts";
		Dir::Etc::sourcelist "$dir/etc/sources.list";
		Dir::Etc::sourceparts "$dir/etc/parts";
		Dir::Log "$dir";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::http::Timeout "30";
		Acquire::https::Timeout "30";
		APT::Update::Error-Mode "any";
	END
}

apt_private() {
	local dir=$1
	shift
	[ -r $apt_keys ] || apt_refuse "no $apt_keys: run scripts/setup" || return 1
	mkdir -p "$dir"/{etc/parts,state/lists/partial,cache/archives/partial,debs}
	: >"$dir/status"
	apt_sources "$@" >"$dir/etc/sources.list" || return 1
	apt_settings "$dir" >"$dir/apt.conf"
	export APT_CONFIG=$dir/apt.conf
	apt-get -q update >"$dir/update.log" 2>&1 ||
		apt_refuse "apt cannot read the package indexes: $(apt_reason "$dir/update.log")"
}

apt_newest() { apt-cache pkgnames | grep -xE -- "$1" | sort -V | tail -n 1; }

apt_unpack_debs() { # DIR ROOT
	local deb
	mkdir -p "$2"
	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$2" || return 1
	done
}

apt_unpack() {
	local dir=$1 root=$2
	shift 2
	rm -rf "$dir/debs" && mkdir -p "$dir/debs"
	(cd "$dir/debs" && apt-get -q download "$@") >"$dir/download.log" 2>&1 ||
		apt_refuse "cannot download $*: $(apt_reason "$dir/download.log")" || return 1
	apt_unpack_debs "$dir/debs" "$root"
}

apt_closure() {
	local dir=$1 root=$2
	shift 2
	rm -f "$dir"/cache/archives/*.deb
	apt-get -q -y install --download-only "$@" >"$dir/download.log" 2>&1 ||
		apt_refuse "cannot download $*: $(apt_reason "$dir/download.log")" || return 1
	apt_unpack_debs "$dir/cache/archives" "$root"
}
