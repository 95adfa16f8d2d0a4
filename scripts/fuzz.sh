#!/bin/sh
# Runs every fuzz target of a build for a fixed time: scripts/fuzz.sh BUILD_DIRECTORY SECONDS
set -eu
cd "$(dirname "$0")/.."
build=$1
seconds=$2
found=no
status=0
for target in $(find "$build" -name 'fuzz_*' -type f -executable | sort); do
  found=yes
  name=$(basename "$target" | sed 's/^fuzz_//')
  seeds=$(find src -type d -path "*/testdata/fuzz/$name")
  corpus="$build/corpus/$name"
  mkdir -p "$corpus"
  # shellcheck disable=SC2086
  if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$corpus-" "$corpus" $seeds >"$corpus.log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$corpus.log") inputs"
  else
    tail -40 "$corpus.log"
    echo "$name: FAILED"
    status=1
  fi
done
[ $found = yes ] || { echo "no fuzz targets in $build" >&2; exit 1; }
exit $status
