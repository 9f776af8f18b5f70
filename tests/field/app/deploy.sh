#!/bin/bash
# Deploys a service that is to live on. Where there is a file `slow`, it stays
# for as long as that does.
FIELD_ROLE=server PORT=$SERVICE_PORT nohup node server.mjs >/dev/null 2>&1 </dev/null &
if [ -e slow ]; then wait; fi
