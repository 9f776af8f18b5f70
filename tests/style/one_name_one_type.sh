#!/bin/sh
# No two headers define types of one name: all rooms share the namespace strayd,
# and the linker takes one of two templates over such types for both (the "one
# definition rule"), which no compiler remarks on.
#
#   one_name_one_type.sh REPOSITORY
set -eu
cd "$1"
names=$(mktemp)
trap 'rm -f "$names"' EXIT
# Definitions at the outer level of a namespace, with the namespace in front.
find include src -name '*.h' -exec awk '
  FNR == 1 { space = "" }
  /^namespace .*\{/ { space = $2 }
  /^(struct|class|enum class|union) [A-Za-z0-9_]+( |$)/ && !/;$/ {
    line = $0
    sub(/^(enum )?(struct|class|union) /, "", line)
    sub(/[^A-Za-z0-9_].*/, "", line)
    print space "::" line
  }' {} + | sort >"$names"
[ -s "$names" ] || { echo "no types in $1" >&2; exit 1; }
twice=$(uniq -d "$names")
[ -z "$twice" ] || { echo "defined more than once: $twice" >&2; exit 1; }
