#!/bin/sh
# Whatever the reaper signals, it signals through a Grip, which asks who it is
# that it holds: no other file of the room may know another way.
#
#   only_grips_signal.sh LIBSTRAYD_REAP.A
set -eu
export LC_ALL=C
# ARCHIVE[OBJECT]: symbol
users=$(nm --undefined-only -A "$1" |
  grep -E ' (_ZN6strayd(12signal_pidfd|10open_pidfd)|t?g?kill$|syscall$)' || true)
[ -n "$users" ] || { echo "no signal is sent by $1" >&2; exit 1; }
others=$(printf '%s\n' "$users" | grep -v 'grip\.cc\.o' || true)
[ -z "$others" ] || { printf 'signals beside the grip:\n%s\n' "$others" >&2; exit 1; }
