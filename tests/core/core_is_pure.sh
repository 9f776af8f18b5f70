#!/bin/sh
# The core makes no system call and reads no clock: its archive may not even
# name one. It may name the standard library, RE2, memory and string functions,
# and ceil, by which libstdc++ sizes a hash table.
#
#   core_is_pure.sh LIBSTRAYD_CORE.A
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
nm --undefined-only --format=posix "$1" | awk 'NF > 1 {print $1}' |
  sort -u >"$work/named"
nm --defined-only --format=posix "$1" | awk 'NF > 1 {print $1}' |
  sort -u >"$work/defined"
comm -23 "$work/named" "$work/defined" >"$work/foreign"
[ -s "$work/foreign" ] || { echo "no symbols in $1" >&2; exit 1; }

# What is neither C++ nor plain memory, and what is C++ and reaches the world:
# files, threads, clocks.
{
  grep -vE '^(_Z|_GLOBAL_OFFSET_TABLE_$|__gxx_personality_v0$|__dso_handle$|__libc_single_threaded$|__stack_chk_fail$|__cxa_|_Unwind_Resume$|ceil$|mem(cmp|cpy|move|set|chr)$|__mem(cpy|move|set)_chk$|str(len|cmp|ncmp|chr)$|bcmp$|abort$|__asan_|__ubsan_|__tsan_|__sanitizer_)' "$work/foreign" || true
  grep -E '^_Z.*(filebuf|[io]fstream|chrono.*3nowEv|this_thread|St6thread|random_device|10filesystem)' "$work/foreign" || true
} >"$work/reaching"
if [ -s "$work/reaching" ]; then
  echo 'the core reaches the world by:' >&2
  cat "$work/reaching" >&2
  exit 1
fi
