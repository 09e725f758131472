#!/usr/bin/env bash
# wrangler: KV, D1, R2, queues, Workers from deployment to deletion, and Pages.
#
#   tests/peers/wrangler.sh              the last release line that runs on Node 20
#   tests/peers/wrangler.sh 4.164.0      another version; a newer one brings its own Node
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
readonly VERSION="${1:-4.70.0}"

home="$work/wrangler-$VERSION"
mkdir -p "$home/worker"
packages=("wrangler@$VERSION")
if [[ "$VERSION" =~ ^4\.([0-9]+) ]] && ((BASH_REMATCH[1] > 70)); then packages+=(node@22); fi
(cd "$home" && npm install --silent --no-audit --no-fund --no-save "${packages[@]}")
export PATH="$home/node_modules/.bin:$PATH"
start_emulator --zone example.com
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

expect "user@example.com" "${wrangler[@]}" whoami

expect "shop" "${wrangler[@]}" d1 create shop
database=$("${wrangler[@]}" d1 list --json | grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' | head -n 1)
mkdir -p migrations
echo "CREATE TABLE migrated (a TEXT);" >migrations/0001_first.sql
cat >database.toml <<EOF
name = "with-database"
main = "index.js"
compatibility_date = "2026-01-01"
[[d1_databases]]
binding = "DB"
database_name = "shop"
database_id = "$database"
EOF
expect "0001_first.sql" "${wrangler[@]}" d1 migrations apply shop --remote -c database.toml
expect "No migrations to apply" "${wrangler[@]}" d1 migrations list shop --remote -c database.toml
expect "$database" "${wrangler[@]}" d1 info shop
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
expect "Added lifecycle rule 'old'" "${wrangler[@]}" r2 bucket lifecycle add photos old logs/ --expire-days 30 -y
expect "Expire objects after 30 days" "${wrangler[@]}" r2 bucket lifecycle list photos
expect "Deleted bucket" "${wrangler[@]}" r2 bucket delete photos

expect "Uploaded small" "${wrangler[@]}" deploy
expect "Uploaded small" "${wrangler[@]}" deploy
expect "Success" bash -c 'echo hush | "$@"' - "${wrangler[@]}" secret put KEY
expect "Successfully created secret for key: B" bash -c 'echo "{\"A\":\"1\",\"B\":\"2\"}" | "$@"' - "${wrangler[@]}" secret bulk
secrets=$("${wrangler[@]}" secret list)
for name in KEY A B; do expect "\"$name\"" echo "$secrets"; done
expect "100%" "${wrangler[@]}" deployments list
expect "Version ID" "${wrangler[@]}" versions list
version=$("${wrangler[@]}" versions upload | sed -n 's/^Worker Version ID: //p')
expect "Deployed small version $version at 100%" "${wrangler[@]}" versions deploy "$version@100%" -y
expect "has been deployed to 100% of traffic" "${wrangler[@]}" rollback -y -m back
expect "Worker Version $version has been deployed" "${wrangler[@]}" rollback "$version" -y -m forth

"${wrangler[@]}" tail small --format pretty >tail.log 2>&1 &
tail=$!
for _ in $(seq 200); do
    if grep -q "waiting for logs" tail.log; then break; fi
    sleep 0.1
done
kill "$tail" && wait "$tail" || true
expect "Connected to small, waiting for logs" cat tail.log

# Static files, a route, a domain, a schedule, and a queue that the Worker writes and reads.
mkdir -p public
echo hi >public/index.html
cat >site.toml <<'EOF'
name = "site"
main = "index.js"
compatibility_date = "2026-01-01"
routes = [{ pattern = "example.com/api/*", zone_name = "example.com" }, { pattern = "shop.example.com", custom_domain = true }]
[triggers]
crons = ["*/5 * * * *"]
[assets]
directory = "public"
binding = "ASSETS"
[[queues.producers]]
queue = "jobs"
binding = "JOBS"
[[queues.consumers]]
queue = "jobs"
EOF
expect "Created queue 'jobs'" "${wrangler[@]}" queues create jobs
expect "shop.example.com (custom domain" "${wrangler[@]}" deploy -c site.toml
expect "No updated asset files" "${wrangler[@]}" deploy -c site.toml
expect "Number of Consumers: 1" "${wrangler[@]}" queues info jobs
expect "Removed consumer" "${wrangler[@]}" queues consumer remove jobs site
expect "Deleted queue" "${wrangler[@]}" queues delete jobs
expect "Successfully deleted site" "${wrangler[@]}" delete -c site.toml --force
expect "Successfully deleted small" "${wrangler[@]}" delete --force

mkdir -p "$home/pages"
cd "$home/pages"
expect "https://pictures.pages.dev" "${wrangler[@]}" pages project create pictures --production-branch main
expect "Uploaded 1 files" "${wrangler[@]}" pages deploy ../worker/public --project-name pictures --branch main
expect "Production" "${wrangler[@]}" pages deployment list --project-name pictures
echo "wrangler $VERSION: KV, D1, R2, queues, Workers and Pages"
