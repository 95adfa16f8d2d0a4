#!/bin/sh
# Configures and builds one preset: `scripts/build.sh release [target...]`. Quiet when there is nothing to do.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
if [ ! -f "build/$preset/build.ninja" ]; then
  cmake --preset "$preset" >"/tmp/kubevitals-configure.$$" 2>&1 || { cat "/tmp/kubevitals-configure.$$" >&2; rm -f "/tmp/kubevitals-configure.$$"; exit 1; }
  rm -f "/tmp/kubevitals-configure.$$"
fi
NINJA_STATUS="[$preset %f/%t] " exec ninja -C "build/$preset" --quiet "$@"
