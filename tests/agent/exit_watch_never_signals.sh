#!/bin/sh
# The exit watch holds pidfds of what PM2 manages: it may not even name a way to
# signal.
#
#   exit_watch_never_signals.sh LIBSTRAYD_AGENT.A
set -eu
export LC_ALL=C
# ARCHIVE:OBJECT: symbol
named=$(nm --undefined-only -A "$1" | grep -E ':(exit_watch|oom_kills)\.cc\.o:')
echo "$named" | grep -q open_pidfd || { echo "nothing is held by $1" >&2; exit 1; }
ways=$(echo "$named" |
  grep -E 'signal_pidfd| (t?g?kill|raise|syscall|sigqueue|pidfd_send_signal)$' || true)
[ -z "$ways" ] || { printf 'ways to signal:\n%s\n' "$ways" >&2; exit 1; }
