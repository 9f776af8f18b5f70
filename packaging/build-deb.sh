#!/bin/sh
# Builds the Debian package in build/release, and prints its path.
#
#   packaging/build-deb.sh
#
# The same source gives the same bytes: all times in it are that of the newest
# commit, and no path of this directory is in it. Outside of git SOURCE_DATE_EPOCH
# and STRAYD_REVISION say what git can't.
set -eu
cd "$(dirname "$0")/.."
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH
umask 022
{
  cmake --preset release -DSTRAYD_BUILD_TESTS=OFF \
    ${STRAYD_REVISION:+"-DSTRAYD_REVISION=$STRAYD_REVISION"}
  cmake --build --preset release --target strayd --parallel "${JOBS:-$(nproc)}"
  cpack --preset deb
} >&2
echo "$PWD/build/release/strayd_$(sed -n 's/^project(strayd VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)_$(dpkg --print-architecture).deb"
