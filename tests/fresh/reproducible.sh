#!/bin/bash
# The same source gives the same bytes: two clean checkouts in different
# directories, built one after the other, without a cache.
#
#   tests/fresh/reproducible.sh            the Debian package; half an hour
#   tests/fresh/reproducible.sh TARGET     one target, such as strayd_sys
set -euo pipefail
. "$(dirname "$0")/base.sh"
target=${1:-}
work=$(mktemp -d "${FRESH_TMP:-/var/tmp}/strayd-fresh.XXXXXX")
trap 'rm -rf "$work"' EXIT
export CCACHE_DISABLE=1

build_in() {
  git clone --quiet "$repository" "$1"
  if [ -n "$target" ]; then
    (cd "$1" && cmake --preset release -DSTRAYD_BUILD_TESTS=OFF &&
      cmake --build --preset release --target "$target" --parallel "${JOBS:-$(nproc)}") >"$work/log" 2>&1
  else
    "$1/packaging/build-deb.sh" >"$work/log" 2>&1
  fi || { tail -n 30 "$work/log"; die "the build failed"; }
}
# What was made, by name and content.
sums() { (cd "$1/build/release" && find . \( -name '*.o' -o -name '*.a' -o -name '*.deb' -o -path ./strayd \) -type f \
  -exec sha256sum {} + | sort -k 2); }

build_in "$work/one"
build_in "$work/a/longer/path/to/two"
sums "$work/one" >"$work/one.sums"
sums "$work/a/longer/path/to/two" >"$work/two.sums"
if [ -s "$work/one.sums" ] && diff "$work/one.sums" "$work/two.sums"; then
  echo "  + $(wc -l <"$work/one.sums") files are the same, byte for byte" && echo "1 passed, 0 failed"
else
  echo "0 passed, 1 failed" && exit 1
fi
