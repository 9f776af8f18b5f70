# shellcheck shell=bash
# A bare Debian, made once and unpacked anew for each run; to be sourced.
#
# FRESH_DEBIAN  which release (default: bookworm)
# FRESH_CACHE   where the bases are kept (default: build/fresh)
# FRESH_TMP     where they are unpacked (default: /var/tmp)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${FRESH_CACHE:-$repository/build/fresh}
fresh_debian=${FRESH_DEBIAN:-bookworm}

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

needs() {
  [ "$(id -u)" = 0 ] || die "needs root"
  for program; do
    command -v "$program" >/dev/null || die "needs $program"
  done
}

# Where this machine's own packages come from, of the release that is wanted.
sources() {
  local release
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  sed "s/\b$release\b/$fresh_debian/g" /etc/apt/sources.list.d/*.sources
}

# The tar of a Debian with these packages and what they need, no recommends.
base_with() {
  local packages base list
  packages=$(printf "%s\n" "$@" | sort -u | paste -sd,)
  base=$cache/$fresh_debian-$(printf %s "$packages" | sha256sum | cut -c1-12).tar
  if [ ! -s "$base" ]; then
    say "making a base with $packages"
    mkdir -p "$cache"
    list=$cache/$fresh_debian.sources
    sources >"$list"
    mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
      --aptopt=<(apt_options) "$fresh_debian" "${base%.tar}.new.tar" "$list" >&2
    mv "${base%.tar}.new.tar" "$base"
  fi
  echo "$base"
}

# How this machine trusts the dates of the archives.
apt_options() { apt-config dump | grep '^Acquire::Check-' || true; }

# Unpacks a base into a directory of its own, and prints its path.
unpack() {
  local root
  root=$(mktemp -d "${FRESH_TMP:-/var/tmp}/strayd-fresh.XXXXXX")
  tar -C "$root" --numeric-owner -xf "$1"
  echo "$root"
}

# What this machine reaches the archives and the npm registry with.
let_it_reach_the_archives() {
  local root=$1
  rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
  sources >"$root/etc/apt/sources.list.d/debian.sources"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  [ ! -f ~/.npmrc ] || cp ~/.npmrc "$root/root/.npmrc"
  apt_options >"$root/etc/apt/apt.conf.d/90fresh"
}

# Never what is mounted there by mistake.
throw_away() {
  ! mountpoint -q "$1/proc" || die "$1/proc is still mounted"
  rm -rf --one-file-system "$1"
}

# The count of a script's checks.
tally() { passed=0 failed=0; }
check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1)) && echo "  + $what"
  else
    failed=$((failed + 1)) && echo "  - $what"
  fi
}
quietly() { "$@" >/dev/null 2>&1; }
not() { ! "$@"; }
report() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

# Asks until it is so, for `within` seconds.
eventually() {
  local deadline=$((SECONDS + ${within:-60}))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.3
  done
}

# What podman wants to raise may be above this machine's own limits.
podman_settings() {
  local files
  files=$(($(ulimit -Hn) / 2))
  cat <<CONF
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=32768:32768"]
netns = "host"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
CONF
}
