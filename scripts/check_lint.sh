#!/bin/sh
# Runs clang-tidy over the program's own sources (not its tests); needs a configured build/tsan (clang).
set -eu
cd "$(dirname "$0")/.."
[ -f build/tsan/compile_commands.json ] || cmake --preset tsan >/dev/null
git ls-files -co --exclude-standard 'src/*.cc' | grep -v -e '_test\.cc$' -e '_bench\.cc$' -e '_fuzz\.cc$' \
  -e 'src/base/asio.cc' -e 'src/net/beast.cc' \
  | xargs -P "$(nproc)" -n 4 clang-tidy-16 -p build/tsan --quiet --warnings-as-errors='*' 2>/dev/null
