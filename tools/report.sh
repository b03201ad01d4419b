#!/usr/bin/env bash
# Tell of a failed scheduled run: open an issue, or add to the one that is open.
set -euo pipefail
run=${1:?usage: tools/report.sh RUN_URL}
export TITLE="The weekly run fails"
body="The newest versions of the dependencies, or the addresses that the book names, no longer pass: $run"

# shellcheck disable=SC2016 # env.TITLE is read by gh
number=$(gh issue list --state open --limit 200 --json number,title --jq 'map(select(.title == env.TITLE))[0].number // empty')
if [ -n "$number" ]; then
  gh issue comment "$number" --body "$body"
else
  gh issue create --title "$TITLE" --body "$body"
fi
