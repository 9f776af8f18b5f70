#!/bin/bash
# A shell that PM2 calls the app, with the server below it.
node titled.mjs "a title needs the room of its arguments"
exit 1
