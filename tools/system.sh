#!/usr/bin/env bash
# Install what Python cannot: bubblewrap, which holds students' code; Chromium, which opens the pages in the tests; and
# npm, which brings a linter.
set -euo pipefail

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
missing=()
command -v bwrap >/dev/null || missing+=(bubblewrap)
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || { echo "Install by hand, there is no apt-get here: ${missing[*]}" >&2; exit 1; }
  as_root apt-get update -qq
  as_root apt-get install -y -qq "${missing[@]}" >/dev/null
fi

# Ubuntu 24.04 keeps programs without an AppArmor profile from making a user namespace, and bubblewrap has none there.
works() { bwrap --ro-bind / / --unshare-user --unshare-net true; }
restricted=kernel.apparmor_restrict_unprivileged_userns
if ! works 2>/dev/null && [ "${CI:-}" = true ] && [ "$(sysctl -n "$restricted" 2>/dev/null)" = 1 ]; then
  as_root sysctl -q -w "$restricted=0" # on a machine that lives for one job only
fi
works || { echo "bubblewrap cannot make a sandbox here; on Ubuntu 24.04 see sysctl $restricted" >&2; exit 1; }
