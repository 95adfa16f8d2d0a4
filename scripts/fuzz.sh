#!/bin/sh
# Runs every fuzz target of a build for a fixed time, as many at once as there are cores:
# scripts/fuzz.sh BUILD_DIRECTORY SECONDS
set -eu
cd "$(dirname "$0")/.."

# One target; prints how many inputs it took, or what it found.
fuzz() {
  target=$1
  seconds=$2
  build=$3
  name=$(basename "$target" | sed 's/^fuzz_//')
  seeds=$(find src -type d -path "*/testdata/fuzz/$name")
  corpus="$build/corpus/$name"
  mkdir -p "$corpus"
  # shellcheck disable=SC2086
  if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$corpus-" "$corpus" $seeds >"$corpus.log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$corpus.log") inputs"
  else
    echo "$(tail -40 "$corpus.log")
$name: FAILED"
    return 1
  fi
}

if [ "${1:-}" = --one ]; then
  shift
  fuzz "$@"
  exit
fi
build=$1
seconds=$2
targets=$(find "$build" -name 'fuzz_*' -type f -executable | sort)
[ -n "$targets" ] || { echo "no fuzz targets in $build" >&2; exit 1; }
echo "$targets" | xargs -P "$(nproc)" -I "{}" scripts/fuzz.sh --one '{}' "$seconds" "$build"
