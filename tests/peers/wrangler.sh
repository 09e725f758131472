#!/usr/bin/env bash
# wrangler: KV, D1, R2, and a small worker from deployment to deletion.
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
# The last line of versions that run on Node 20.
readonly VERSION=4.70.0

home="$work/wrangler"
mkdir -p "$home/worker"
(cd "$home" && npm install --silent --no-audit --no-fund --no-save "wrangler@$VERSION")
start_emulator
export CLOUDFLARE_API_BASE_URL="$base_url" CLOUDFLARE_API_TOKEN="$token" CLOUDFLARE_ACCOUNT_ID="$account"
export WRANGLER_SEND_METRICS=false CI=1 NO_COLOR=1 XDG_CONFIG_HOME="$home/config"
wrangler=("$home/node_modules/.bin/wrangler")
cd "$home/worker"
cat >index.js <<'EOF'
export default { async fetch() { return new Response("hi") } }
EOF
cat >wrangler.toml <<'EOF'
name = "small"
main = "index.js"
compatibility_date = "2026-01-01"
[vars]
GREETING = "hi"
EOF

expect "Success" "${wrangler[@]}" kv namespace create cache
namespace=$("${wrangler[@]}" kv namespace list | grep -oE '[0-9a-f]{32}')
kv=(--namespace-id "$namespace" --remote)
expect "Writing" "${wrangler[@]}" kv key put "${kv[@]}" greeting hello --metadata '{"a":1}'
expect "hello" "${wrangler[@]}" kv key get "${kv[@]}" greeting
expect '"a": 1' "${wrangler[@]}" kv key list "${kv[@]}"
expect "Deleting" "${wrangler[@]}" kv key delete "${kv[@]}" greeting
expect "[]" "${wrangler[@]}" kv key list "${kv[@]}"
expect "Deleted" "${wrangler[@]}" kv namespace delete --namespace-id "$namespace"

expect "shop" "${wrangler[@]}" d1 create shop
sql="CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('one'), ('two'); SELECT a FROM t"
expect '"a": "two"' "${wrangler[@]}" d1 execute shop --remote -y --json --command "$sql"
expect "UNIQUE" bash -c '"$@" || true' - "${wrangler[@]}" d1 execute shop --remote -y --command "CREATE UNIQUE INDEX u ON t (a); INSERT INTO t VALUES ('one')"

echo "CREATE TABLE moved (a TEXT); INSERT INTO moved VALUES ('three')" >in.sql
expect "rows_written" "${wrangler[@]}" d1 execute shop --remote -y --json --file in.sql
expect "Downloaded" "${wrangler[@]}" d1 export shop --remote --output out.sql
expect "three" cat out.sql

expect "photos" "${wrangler[@]}" r2 bucket create photos
echo "some bytes" >file.txt
expect "Upload complete" "${wrangler[@]}" r2 object put photos/a/file.txt --file file.txt --remote
expect "some bytes" "${wrangler[@]}" r2 object get photos/a/file.txt --pipe --remote
expect "Delete complete" "${wrangler[@]}" r2 object delete photos/a/file.txt --remote
expect "Deleted bucket" "${wrangler[@]}" r2 bucket delete photos

expect "Uploaded small" "${wrangler[@]}" deploy
expect "Uploaded small" "${wrangler[@]}" deploy
expect "Success" bash -c 'echo hush | "$@"' - "${wrangler[@]}" secret put KEY
expect "KEY" "${wrangler[@]}" secret list
expect "100%" "${wrangler[@]}" deployments list
expect "Version ID" "${wrangler[@]}" versions list
expect "Successfully deleted small" "${wrangler[@]}" delete --force
echo "wrangler: KV, D1, R2 and a worker"
