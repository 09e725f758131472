#!/usr/bin/env bash
# octodns writes a zone; afterwards it finds nothing left to do.
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
python_env octodns octodns==1.22.0 octodns-cloudflare
start_emulator
zones="$work/octodns-zones"
mkdir -p "$zones"
cat >"$work/octodns.yaml" <<EOF
providers:
  config:
    class: octodns.provider.yaml.YamlProvider
    directory: $zones
    default_ttl: 3600
    enforce_order: false
  cloudflare:
    class: octodns_cloudflare.CloudflareProvider
    token: $token
    api_url: $base_url
zones:
  example.com.:
    sources: [config]
    targets: [cloudflare]
EOF
cat >"$zones/example.com.yaml" <<'EOF'
'':
  - { type: A, ttl: 300, values: [192.0.2.1, 192.0.2.2] }
  - { type: AAAA, value: '2001:db8::1' }
  - { type: MX, values: [{ exchange: mx1.example.com., preference: 10 }, { exchange: mx2.example.com., preference: 20 }] }
  - { type: TXT, values: ['v=spf1 -all', 'a semicolon\; and more'] }
  - { type: CAA, value: { flags: 0, tag: issue, value: letsencrypt.org } }
www: { type: CNAME, value: example.com. }
_sip._tcp: { type: SRV, value: { port: 5060, priority: 1, weight: 5, target: sip.example.com. } }
'*': { type: A, value: 192.0.2.9 }
sub: { type: NS, values: [ns1.example.net., ns2.example.net.] }
EOF
sync=("$work/octodns/bin/octodns-sync" --config-file "$work/octodns.yaml")
expect "Creates=9, Updates=0, Deletes=0" "${sync[@]}"
expect "9 total changes" "${sync[@]}" --doit
expect "No changes were planned" "${sync[@]}"
sed -i 's/192.0.2.9/192.0.2.10/; /^sub:/d' "$zones/example.com.yaml"
expect "Creates=0, Updates=1, Deletes=1" "${sync[@]}"
expect "2 total changes" "${sync[@]}" --doit
expect "No changes were planned" "${sync[@]}"
echo "octodns: applied, changed, and nothing left to do"
