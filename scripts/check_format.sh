#!/bin/sh
# Fails when a file is not formatted as .clang-format says; `--fix` formats it.
set -eu
cd "$(dirname "$0")/.."
mode="--dry-run -Werror"
[ "${1:-}" = --fix ] && mode=-i
git ls-files -co --exclude-standard '*.h' '*.cc' | xargs clang-format-16 $mode
