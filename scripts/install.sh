#!/bin/sh
# Installs the Debian packages that are missing: `scripts/install.sh run` for what ./run needs, `test` for what
# ./test needs besides, `all` for what ./test --all needs besides. Prints the exact command and fails when it may
# not install.
set -eu

run_packages="g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-json1.81-dev libc-ares-dev
  libcurl4-openssl-dev libcrypt-dev libexpat1-dev libssl-dev libsimdjson-dev libyaml-cpp-dev libre2-dev
  libpcre2-dev libutf8proc-dev zlib1g-dev libisal-dev libfmt-dev libspdlog-dev libcli11-dev libxxhash-dev
  libzookeeper-mt-dev librdkafka-dev libsnappy-dev libgoogle-perftools-dev ca-certificates"
test_packages="libprotozero-dev libgtest-dev libgmock-dev libbenchmark-dev python3 curl"
all_packages="clang-16 clang-tidy-16 clang-format-16 libclang-rt-16-dev llvm-16 prometheus openssl zookeeper
  bind9 iproute2 influxdb graphite-carbon"

packages=$run_packages
case "${1:-run}" in
  run) ;;
  test) packages="$packages $test_packages" ;;
  all) packages="$packages $test_packages $all_packages" ;;
  *) echo "install.sh: expected run, test or all" >&2; exit 2 ;;
esac

missing=
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root=sudo
elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
  as_root=sudo
else
  echo "These packages are missing and need root to be installed. Run this, then try again:" >&2
  echo "  apt-get update && $command" >&2
  exit 1
fi
echo "installing:$missing" >&2
# A daemon that a package brings (prometheus) is for our own tests to start, not for the machine.
log=$(mktemp)
if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $command; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "cannot install packages: see above; the command was: $command" >&2
  exit 1
fi
rm -f "$log"
