#!/bin/bash
# A shell that PM2 calls the app, with the server below it.
node waiting.mjs
exit 1
