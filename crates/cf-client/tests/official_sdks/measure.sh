#!/usr/bin/env bash
# Measures what the official SDKs do in the cases of ../../HOSTILE.md: installs both into a temporary
# folder and drives them against a server that misbehaves. Needs python3, node, npm and the registries.
#
#   measure.sh             all cases
#   measure.sh drip deep   only these
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet cloudflare==5.9.0
(cd "$work" && npm install --silent --no-fund --no-audit cloudflare@7.3.0)
# Node looks for modules next to the script that imports them.
cp "$here/drive.mjs" "$work/"

echo "== Python"
python3 "$here/measure.py" "$work/python/bin/python" "$here/drive.py" -- "$@"
echo "== TypeScript"
python3 "$here/measure.py" node "$work/drive.mjs" -- "$@"
