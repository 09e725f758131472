#!/usr/bin/env bash
# The test suite of Cloudflare's Python SDK, its synchronous half, against the emulator.
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
readonly VERSION=5.9.0
# What the suite uses as account, zone and credential.
readonly ID=023e105f4ecef8ad9ca31a8372d0c353
readonly LEAST_PERCENT=99

python_env python-sdk "cloudflare==$VERSION" pytest pytest-asyncio pytest-xdist respx time-machine dirty-equals rich
if [[ ! -d "$work/cloudflare-$VERSION" ]]; then
    "$work/python-sdk/bin/pip" download --quiet --no-deps --no-binary :all: --dest "$work" "cloudflare==$VERSION"
    tar -xzf "$work/cloudflare-$VERSION.tar.gz" -C "$work"
fi
cat >"$work/python-sdk.json" <<EOF
{
  "accounts": [{ "id": "$ID", "name": "sdk", "zones": [{ "id": "$ID", "name": "example.com" }] }],
  "api_keys": [{ "email": "user@example.com", "key": "144c9defac04969c7bfad8efaa8ea194" }]
}
EOF
start_emulator --any-id --seed "$work/python-sdk.json"
cd "$work/cloudflare-$VERSION"
results="$work/python-sdk.txt"
# Without the tests that send the same requests again, and only hand the reply over in another form.
# Some tests fail because of the SDK itself (see README.md), so pytest's exit code does not count.
TEST_API_BASE_URL="$base_url" "$work/python-sdk/bin/python" -m pytest tests/api_resources \
    -k "not Async and not raw_response and not streaming_response" -n "$(nproc)" -q --tb=line --no-header -p no:cacheprovider -o addopts= >"$results" || true
summary=$(tail -n 1 "$results")
echo "$summary"
passed=$(grep -oE '[0-9]+ passed' <<<"$summary" | cut -d' ' -f1)
failed=$(grep -oE '[0-9]+ failed' <<<"$summary" | cut -d' ' -f1 || true)
((passed > 10000)) || { echo "hardly any test ran; see $results"; exit 1; }
((passed * 100 >= (passed + ${failed:-0}) * LEAST_PERCENT)) || { echo "less than $LEAST_PERCENT % passed; see $results"; exit 1; }
