#!/usr/bin/env bash
# The test suite of Cloudflare's TypeScript SDK against the emulator. The tests are only in its repository:
#
#   CLOUDFLARE_TYPESCRIPT=CHECKOUT tests/peers/typescript-sdk.sh [--skipped-too]
#
# Without the variable, git clones it from GitHub. The package comes from npm, in the version of the checkout.
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
readonly VERSION=7.1.0
readonly ID=023e105f4ecef8ad9ca31a8372d0c353
readonly LEAST_PERCENT=98

home="$work/typescript-sdk"
mkdir -p "$home"
checkout="${CLOUDFLARE_TYPESCRIPT:-$home/checkout}"
if [[ ! -d "$checkout" ]]; then
    git clone --quiet --depth 1 --branch "v$VERSION" https://github.com/cloudflare/cloudflare-typescript "$checkout"
fi
(cd "$home" && npm install --silent --no-audit --no-fund --no-save "cloudflare@$VERSION" expect@29 esbuild@0.25)
rm -rf "$home/tests"
(cd "$checkout/tests/api-resources" && find . -name '*.test.ts' -print0 |
    xargs -0 "$home/node_modules/.bin/esbuild" --outdir="$home/tests" --outbase=. --format=cjs --platform=node --log-level=error)
cat >"$work/typescript-sdk.json" <<EOF2
{
  "accounts": [{ "id": "$ID", "name": "sdk", "zones": [{ "id": "$ID", "name": "example.com" }] }],
  "api_keys": [{ "email": "user@example.com", "key": "144c9defac04969c7bfad8efaa8ea194" }]
}
EOF2
start_emulator --any-id --seed "$work/typescript-sdk.json"
results="$work/typescript-sdk.txt"
TEST_API_BASE_URL="$base_url" node "$top/tests/peers/typescript-sdk.js" "$home/tests" "$@" >"$results"
summary=$(tail -n 1 "$results")
echo "typescript-sdk: $summary"
passed=$(cut -d' ' -f1 <<<"$summary")
failed=$(cut -d' ' -f3 <<<"$summary")
((passed > 10000)) || { echo "hardly any test ran; see $results"; exit 1; }
((passed * 100 >= (passed + failed) * LEAST_PERCENT)) || { echo "less than $LEAST_PERCENT % passed; see $results"; exit 1; }
