#!/bin/sh
# Puts Debian's kubectl at build/tools/kubectl, beside whatever other kubectl the machine has. Says why when it cannot.
set -eu
cd "$(dirname "$0")/.."
[ -x build/tools/kubectl ] && exit 0
mkdir -p build/tools
if [ "$(dpkg-query -W -f '${db:Status-Status}' kubernetes-client 2>/dev/null || true)" = installed ]; then
  ln -sf /usr/bin/kubectl build/tools/kubectl
  exit 0
fi
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
chmod 755 "$directory"
if ! (cd "$directory" && { apt-get download -qq kubernetes-client || { apt-get update -qq && apt-get download -qq kubernetes-client; }; }) \
    >"$directory/log" 2>&1; then
  echo "cannot download Debian's kubernetes-client: $(tail -1 "$directory/log")" >&2
  exit 1
fi
dpkg -x "$directory"/kubernetes-client_*.deb "$directory/unpacked"
mv "$directory/unpacked/usr/bin/kubectl" build/tools/kubectl
