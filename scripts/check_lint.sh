#!/bin/sh
# Runs clang-tidy over the program's own sources (not its tests), with the compiler's options from a configuration
# for clang of its own. Names are checked where others see them, in the headers, all at once: looked for in each
# source they take as long as everything else.
set -eu
cd "$(dirname "$0")/.."
cmake --preset tsan -B build/lint -DKUBEVITALS_TESTS=OFF -DKUBEVITALS_PRECOMPILE=OFF >/dev/null
tidy="clang-tidy-16 --quiet --warnings-as-errors=*"
failed=0

options=$(python3 - <<'END'
import json
import shlex
command = next(entry['command'] for entry in json.load(open('build/lint/compile_commands.json'))
               if '/src/app/' in entry['file'])
print(*(word for word in shlex.split(command) if word.startswith(('-I', '-D', '-std', '-isystem'))))
END
)
git ls-files -co --exclude-standard 'src/*.h' | grep -v -e test -e fixture -e _fuzz -e /fake_ \
  | sed 's|^src/\(.*\)|#include "\1"|' >build/lint/headers.cc
# shellcheck disable=SC2086
$tidy --config-file=.clang-tidy --checks='-*,readability-identifier-naming' build/lint/headers.cc -- $options 2>/dev/null \
  || failed=1

python3 - <<'END' | xargs -P "$(nproc)" -n 1 $tidy --checks=-readability-identifier-naming -p build/lint 2>/dev/null || failed=1
import json
for entry in json.load(open('build/lint/compile_commands.json')):
    if not entry['file'].endswith(('/asio.cc', '/beast.cc')):  # libraries' own sources
        print(entry['file'])
END
exit $failed
