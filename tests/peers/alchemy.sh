#!/usr/bin/env bash
# alchemy: what its code describes is created, changed and destroyed; in between, nothing is left to do.
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
readonly VERSION=0.94.0

home="$work/alchemy"
mkdir -p "$home"
(cd "$home" && npm install --silent --no-audit --no-fund --no-save "alchemy@$VERSION")
start_emulator
export CLOUDFLARE_BASE_URL="$base_url" CLOUDFLARE_API_TOKEN="$token" CLOUDFLARE_ACCOUNT_ID="$account"
export DO_NOT_TRACK=1 ALCHEMY_CI_STATE_STORE_CHECK=false NO_COLOR=1
cp "$top/tests/peers/alchemy.mjs" "$home/"
cd "$home"
rm -rf .alchemy

# writes: what the emulator was asked to change since it was asked last.
writes() {
    local requests="${base_url%/client/v4}/_emulator/requests"
    curl -sS "$requests" | python3 -c '
import json, sys
for one in json.load(sys.stdin)["requests"]:
    # Alchemy uploads a Worker each time, and what belongs to it.
    if one["method"] != "GET" and "/workers/" not in one["path"]:
        print(one["method"], one["path"])'
    curl -sS -X DELETE "$requests" >/dev/null
}

expect "kinds are there" node alchemy.mjs up
[[ -n "$(writes)" ]] || { echo "nothing was created"; exit 1; }
expect "kinds are there" node alchemy.mjs up
again=$(writes)
[[ -z "$again" ]] || { printf 'nothing has changed, but alchemy writes:\n%s\n' "$again"; exit 1; }
expect "kinds are there" node alchemy.mjs up hi
expect "storage/kv/namespaces" writes
# Alchemy ends the program itself, without an error even if something is left.
node alchemy.mjs destroy
for list in zones "accounts/$account/storage/kv/namespaces" "accounts/$account/d1/database" "accounts/$account/queues" \
    "accounts/$account/workers/scripts" "accounts/$account/access/apps" "accounts/$account/vectorize/v2/indexes"; do
    expect '"result":[]' curl -sS -H "Authorization: Bearer $token" "$base_url/$list"
done
echo "alchemy: created, changed and destroyed"
