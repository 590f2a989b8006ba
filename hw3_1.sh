#!/bin/sh
# Problem 1, zero-shot classification: bash hw3_1.sh IMAGES ID2LABEL OUT.csv
# It writes `filename,label` for every image of the folder. Paths are relative to where you stand.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
node=$here/runtime/node
program=$here/runtime/dist/src/cli/grade.js
if ! "$node" --version >/dev/null 2>&1; then
  node=node
  program=$here/dist/src/cli/grade.js
  if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
    echo "hw3_1.sh: there is no Node 20 or newer here; run \`bash hw3_download.sh\` first, which fetches one." >&2
    exit 2
  fi
fi
if ! [ -f "$program" ]; then
  echo "hw3_1.sh: $program is missing; run \`bash hw3_download.sh\` first, or \`npm ci\` in $here." >&2
  exit 2
fi
exec "$node" "$program" classes "$@"
