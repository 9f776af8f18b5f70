#!/bin/bash
# The two commands of the README on a machine that has nothing: a bare Debian
# with git, a clean checkout, and this machine's way to the archives.
#
#   tests/fresh/checkout.sh             ./dev run and ./dev test, each twice
#   tests/fresh/checkout.sh install     only ./dev install, twice
#   tests/fresh/checkout.sh build       all that ./dev test builds, and its C++ tests
#   FRESH_DEBIAN=trixie tests/fresh/checkout.sh       on Debian 13
#
# Needs root and mmdebstrap; the whole takes an hour on two busy cores. What is
# started inside has a PID namespace of its own, and ends with it.
set -euo pipefail
. "$(dirname "$0")/base.sh"
needs mmdebstrap unshare git
root=$(unpack "$(base_with ca-certificates git)")
trap 'throw_away "$root"' EXIT
let_it_reach_the_archives "$root"
git clone --quiet --no-hardlinks "$repository" "$root/src" 2>/dev/null ||
  die "$repository can't be cloned"

# In the root, in namespaces of its own, as a login of root would be.
inside() {
  unshare --mount --pid --ipc --uts --fork --kill-child --propagation private \
    bash -euc '
      root=$1 && shift
      # No chroot: as on a machine, / is a mount, which tests make private, and who
      # is in it may make user namespaces.
      mount --bind "$root" "$root"
      mount -t proc proc "$root/proc"
      mount -t sysfs -o ro sysfs "$root/sys"
      mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
      mkdir "$root/dev/pts" "$root/dev/shm"
      for node in null zero full random urandom tty; do
        touch "$root/dev/$node" && mount --bind "/dev/$node" "$root/dev/$node"
      done
      mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
      mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
      ln -s pts/ptmx "$root/dev/ptmx"
      ln -s /proc/self/fd "$root/dev/fd"
      ln -s fd/0 "$root/dev/stdin" && ln -s fd/1 "$root/dev/stdout" && ln -s fd/2 "$root/dev/stderr"
      cd "$root" && pivot_root . . && umount -l .
      exec env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        sh -c "cd /src && \"\$@\"" sh "$@"
    ' bash "$root" "$@" </dev/null
}

passed=0 failed=0
timed() { # WHAT COMMAND...
  local what=$1 begun=$SECONDS
  shift
  if "$@" >"$root/log" 2>&1; then
    passed=$((passed + 1)) && echo "  + $what ($((SECONDS - begun)) s)"
  else
    failed=$((failed + 1)) && echo "  - $what ($((SECONDS - begun)) s)"
    cp "$root/log" "$cache/failed.log"
    tail -n 40 "$root/log" | sed 's/^/    | /'
    echo "    all of it: $cache/failed.log"
  fi
}

# The agent does not end by itself: it is well when it answers. What is started
# here ends with the shell, which is pid 1 of the namespace.
run_until_it_answers() {
  # shellcheck disable=SC2016  # of the shell inside
  inside bash -c '
    ./dev run & agent=$!
    until exec 3<>/dev/tcp/127.0.0.1/9586; do
      [ -d /proc/$agent ] || exit 1
      sleep 1
    done 2>/dev/null
    [ -d /proc/$agent ]' bash
}

if [ "${1:-}" = install ]; then
  timed "./dev install" inside ./dev install
  timed "./dev install, again" inside ./dev install
elif [ "${1:-}" = build ]; then
  timed "./dev install" inside ./dev install
  timed "./dev run, until it answers" run_until_it_answers
  timed "the build of the preset dev" inside sh -c 'cmake --preset dev && cmake --build --preset dev'
  timed "the C++ tests" inside sh -c 'ctest --preset dev --parallel "$(nproc)"'
else
  timed "./dev run, until it answers" run_until_it_answers
  timed "./dev run, again" run_until_it_answers
  timed "./dev test" inside ./dev test
  timed "./dev test, again" inside ./dev test
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
