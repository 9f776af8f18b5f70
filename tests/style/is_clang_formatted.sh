#!/bin/sh
# The layout of every C++ file is what clang-format 19 makes of it.
#
#   is_clang_formatted.sh REPOSITORY
set -eu
cd "$1"
sources=$(mktemp)
trap 'rm -f "$sources"' EXIT
find include src tests -name node_modules -prune -o \
  -type f \( -name '*.h' -o -name '*.cc' \) -print >"$sources"
[ -s "$sources" ] || { echo "no sources in $1" >&2; exit 1; }
xargs clang-format-19 --dry-run -Werror <"$sources"
