#!/usr/bin/env bash
# Install what Python cannot: bubblewrap, which holds students' code; Chromium, which opens the pages in the tests; and
# npm, which brings a linter. With --if-possible, what cannot be had is left, and the tests say what they left out.
set -euo pipefail

give_up() {
  echo "$1" >&2
  [ "$if_possible" = yes ] && exit 0 || exit 1
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
if_possible=no
[ "${1:-}" != --if-possible ] || if_possible=yes

missing=()
command -v bwrap >/dev/null || missing+=(bubblewrap)
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || give_up "Install by hand, there is no apt-get here: ${missing[*]}"
  as_root true 2>/dev/null || give_up "Only root may install this, and sudo asks for a password: ${missing[*]}"
  echo "Installing with apt-get: ${missing[*]}"
  quietly=(env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  { as_root "${quietly[@]}" update && as_root "${quietly[@]}" install -y --no-install-recommends "${missing[@]}"; } \
    >/dev/null || give_up "apt-get could not install: ${missing[*]}"
fi

# Ubuntu 24.04 keeps programs without an AppArmor profile from making a user namespace, and bubblewrap has none there.
works() { bwrap --ro-bind / / --unshare-user --unshare-net true; }
restricted=kernel.apparmor_restrict_unprivileged_userns
if ! works 2>/dev/null && [ "${CI:-}" = true ] && [ "$(sysctl -n "$restricted" 2>/dev/null)" = 1 ]; then
  as_root sysctl -q -w "$restricted=0" # on a machine that lives for one job only
fi
works || give_up "bubblewrap cannot make a sandbox here; on Ubuntu 24.04 see sysctl $restricted"
