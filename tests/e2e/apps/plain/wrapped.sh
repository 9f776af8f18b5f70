#!/bin/bash
# A shell that PM2 calls the app, and a server below it that a rule matches.
cd "$(dirname "$0")" || exit
node server.mjs
status=$?
echo "the server ended: $status"
exit $status
