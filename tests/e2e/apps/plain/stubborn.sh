#!/bin/bash
# Ignores SIGTERM, and so do its children, which bear the same name. It forks
# nothing else, so that whatever of this name ends was ended.
#
#   stubborn.sh NAME CHILDREN FIFO
trap '' TERM
exec 3<> "$3"  # nothing ever comes out of it
for ((child = 0; child < $2; ++child)); do
  (read -r -u 3) &
done
wait
