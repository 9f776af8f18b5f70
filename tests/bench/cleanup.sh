#!/bin/bash
# How a cleanup script finds orphans: whatever matches, unless a walk up its
# parents meets something that is called PM2. It ends nothing. For comparison.
pattern=${1:-tsx.*server\.ts}
for pid in $(pgrep -f "$pattern"); do
  up=$pid managed=
  while [ "${up:-0}" -gt 1 ]; do
    case $(ps -o args= -p "$up") in *PM2*) managed=1; break ;; esac
    up=$(ps -o ppid= -p "$up" | tr -d ' ')
  done
  [ -n "$managed" ] || echo "$pid"
done
