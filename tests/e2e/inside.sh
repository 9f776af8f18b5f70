#!/bin/bash
# pid 1 of the namespaces of one test file (see run.mjs). It reaps what is
# orphaned there, as node does not; when it exits, the kernel ends all the rest.
#
#   inside.sh SCRATCH NODE_MODULES COMMAND...
#
# SCRATCH becomes a tmpfs that only this namespace sees, so that nothing is left
# on the disk either. node_modules is shown in it too: apps below SCRATCH find
# their packages on the way up, and another user need not reach the repository.
set -eu
scratch=$1 modules=$2
shift 2

# Before the first mount: what is mounted here must not show outside.
if mount --make-rprivate / 2>/dev/null; then
  mount -t tmpfs -o mode=0755,size=8g strayd-e2e "$scratch"
  mkdir "$scratch/node_modules"
  mount --bind "$modules" "$scratch/node_modules"
  # The pidfiles there name processes of this machine.
  mount -t tmpfs -o mode=0755,size=64m strayd-run /run
  # What a program keeps there by its pid must not meet that of another run.
  mount -t tmpfs -o mode=1777,size=256m strayd-shm /dev/shm
else
  # In a chroot / is no mount that could be made private, but /proc is one.
  mount --make-rprivate /proc
  chmod 0755 "$scratch"
  cp -a "$modules" "$scratch/node_modules"
fi
mount -t proc proc /proc
mkdir "$scratch/home"
mkdir -m 1777 "$scratch/tmp"
ip link set lo up

status=0
env -i PATH="$PATH" LANG=C.UTF-8 HOME="$scratch/home" TMPDIR="$scratch/tmp" \
  SCRATCH="$scratch" STRAYD_BIN="${STRAYD_BIN:-}" CI=true \
  E2E_SHOW_LOG="${E2E_SHOW_LOG:-}" STRAYD_E2E_SCAN="${STRAYD_E2E_SCAN:-}" \
  STRAYD_E2E_RESTART="${STRAYD_E2E_RESTART:-}" "$@" || status=$?
exit "$status"
