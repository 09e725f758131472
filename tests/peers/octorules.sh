#!/usr/bin/env bash
# octorules writes the rules and settings of a zone; afterwards it finds nothing left to do.
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
python_env octorules octorules==0.37.0 octorules-cloudflare==0.18.1
start_emulator --zone example.com
export CLOUDFLARE_BASE_URL="$base_url" CLOUDFLARE_API_TOKEN="$token"
home="$work/octorules-home"
mkdir -p "$home/rules"
cat >"$home/config.yaml" <<'EOF'
providers:
  cloudflare:
    token: env/CLOUDFLARE_API_TOKEN
    safety: { delete_threshold: 100, update_threshold: 100 }
  rules:
    directory: ./rules
zones:
  example.com:
    sources: [rules]
EOF
cat >"$home/rules/example.com.yaml" <<'EOF'
cloudflare:
  redirect_rules:
    - ref: old
      expression: http.request.uri.path eq "/old"
      action_parameters: { from_value: { target_url: { value: "https://example.com/new" }, status_code: 301 } }
  url_rewrite_rules:
    - { ref: rewrite, expression: http.request.uri.path eq "/a", action_parameters: { uri: { path: { value: /b } } } }
  request_header_rules:
    - { ref: mark, expression: "true", action_parameters: { headers: { x-marked: { operation: set, value: "yes" } } } }
  response_header_rules:
    - { ref: unmark, expression: "true", action_parameters: { headers: { x-powered-by: { operation: remove } } } }
  config_rules:
    - { ref: ssl, expression: http.host eq "www.example.com", action_parameters: { ssl: full } }
  origin_rules:
    - { ref: port, expression: http.host eq "api.example.com", action_parameters: { origin: { port: 8443 } } }
  cache_rules:
    - ref: images
      expression: starts_with(http.request.uri.path, "/images/")
      action_parameters: { cache: true, edge_ttl: { mode: override_origin, default: 3600 } }
  compression_rules:
    - { ref: zstd, expression: "true", action_parameters: { algorithms: [{ name: zstd }, { name: gzip }] } }
  waf_custom_rules:
    - { ref: bad-ips, description: Block bad addresses, expression: "ip.src in {203.0.113.7}", action: block }
    - { ref: admin, expression: 'starts_with(http.request.uri.path, "/admin")', action: managed_challenge, enabled: false }
  rate_limiting_rules:
    - ref: api
      expression: starts_with(http.request.uri.path, "/api/")
      action: block
      ratelimit: { characteristics: [ip.src, cf.colo.id], period: 60, requests_per_period: 100, mitigation_timeout: 600 }
  custom_error_rules:
    - ref: sorry
      expression: http.response.code eq 500
      action_parameters: { content: "<p>Sorry.</p>", content_type: text/html, status_code: 500 }
  page_shield_policies:
    - { description: scripts, action: log, expression: "true", enabled: true, value: "script-src 'self'" }
  cloud_connector_rules:
    - description: assets
      expression: starts_with(http.request.uri.path, "/assets/")
      provider: cloudflare_r2
      parameters: { host: assets.r2.cloudflarestorage.com }
  url_normalization_settings: { type: rfc3986, scope: both }
  zone_security: { security_level: high, browser_integrity_check: "on" }
  zone_tls: { ssl: strict, min_tls_version: "1.2", always_use_https: "on" }
  security_txt: { enabled: true, contact: ["mailto:security@example.com"], expires: "2030-01-01T00:00:00Z" }
  leaked_credential_check: { enabled: true }
  bot_management: { fight_mode: true }
EOF
cd "$home"
plan=("$work/octorules/bin/octorules" --scope zones plan)
sync=("$work/octorules/bin/octorules" --scope zones sync --doit)
expect "+ add: bad-ips" "${plan[@]}"
expect "exit 0" "${sync[@]}"
expect "No changes detected" "${plan[@]}"
sed -i 's/203.0.113.7/203.0.113.8/; /ref: zstd/d; /compression_rules/s/$/ []/' rules/example.com.yaml
expect "203.0.113.8" "${plan[@]}"
expect "exit 0" "${sync[@]}"
expect "No changes detected" "${plan[@]}"
echo "octorules: applied, changed, and nothing left to do"
