#!/usr/bin/env bash
# Schemathesis makes requests from the API description, three for each operation of some products; the emulator fails at
# none, and its replies are as described. The requests are the same in every run.
#
#   tests/peers/schemathesis.sh                    the products below
#   tests/peers/schemathesis.sh dns zero_trust     these; with EXAMPLES=10, ten requests for each operation
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
# The account and the zone.
readonly ID=023e105f4ecef8ad9ca31a8372d0c353
products=("$@")
((${#products[@]})) || products=(acm ai aisearch custom_certificates custom_hostnames kv mtls_certificates network_interconnects
    origin_tls_client_auth queues rulesets ssl)

python_env schemathesis schemathesis==4.32.5
cat >"$work/schemathesis.json" <<EOF
{ "accounts": [{ "id": "$ID", "name": "peers", "zones": [{ "id": "$ID", "name": "example.com" }] }] }
EOF
cat >"$work/schemathesis.toml" <<EOF
continue-on-failure = true
[generation]
deterministic = true
mode = "positive"
max-examples = ${EXAMPLES:-3}
[phases]
coverage.enabled = false
stateful.inference.algorithms = []
stateful.enabled = false
[checks]
not_a_server_error.expected-statuses = ["2xx", "4xx", 501]
[parameters]
"path.account_id" = "$ID"
"path.zone_id" = "$ID"
"path.account_or_zone" = "accounts"
"path.account_or_zone_id" = "$ID"
EOF
(cd "$top" && cargo run --quiet --locked -p xtask -- openapi "${products[@]}") >"$work/openapi.json"
start_emulator --quiet --any-id --seed "$work/schemathesis.json"
cd "$work"
schemathesis/bin/schemathesis --config-file schemathesis.toml run openapi.json --url "$base_url" \
    --header "Authorization: Bearer $token" \
    --checks not_a_server_error,content_type_conformance,response_schema_conformance
