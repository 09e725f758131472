#!/usr/bin/env bash
# Programs that change DNS records: certbot's plugin, cli4 and lexicon.
source "$(dirname "${BASH_SOURCE[0]}")/start.sh"
# The plugin still uses the 2.x line of the library, which has cli4.
python_env dns-tools certbot==5.8.0 certbot-dns-cloudflare==2.10.0 cloudflare==2.20.0 dns-lexicon==3.25.2
start_emulator --zone example.com
bin="$work/dns-tools/bin"
export CLOUDFLARE_API_URL="$base_url" CLOUDFLARE_API_TOKEN="$token"
# What else cli4 looks for; it must not find the caller's own.
export HOME="$work/dns-tools-home"
mkdir -p "$HOME"

# Certbot's own flow needs an authority; the plugin's two steps do not.
expect "nothing is left" "$bin/python" - "$token" <<'EOF2'
import sys
from unittest import mock

import CloudFlare
from certbot import errors
from certbot_dns_cloudflare._internal import dns_cloudflare

config = mock.Mock(cloudflare_propagation_seconds=0)
client = dns_cloudflare._CloudflareClient(api_token=sys.argv[1])
name, value = "_acme-challenge.www.example.com", "a-value-of-43-characters"
client.add_txt_record("www.example.com", name, value, 120)
api = CloudFlare.CloudFlare()
zone = api.zones.get(params={"name": "example.com"})[0]["id"]
(record,) = api.zones.dns_records.get(zone, params={"type": "TXT", "name": name})
assert value in record["content"] and record["ttl"] == 120, record
client.del_txt_record("www.example.com", name, value)
assert api.zones.dns_records.get(zone) == []
try:
    client.add_txt_record("www.example.net", "_acme-challenge.www.example.net", value, 120)
except errors.PluginError as error:
    assert "Unable to determine zone_id" in str(error), error
else:
    raise AssertionError("a record in a zone that is not there")
try:
    dns_cloudflare._CloudflareClient(api_token="wrong").add_txt_record("example.com", name, value, 120)
except errors.PluginError as error:
    assert "invalid" in str(error).lower(), error
else:
    raise AssertionError("a wrong token")
print("nothing is left")
EOF2

expect "www.example.com" "$bin/cli4" --post name=www type=A content=192.0.2.1 ttl==120 /zones/:example.com/dns_records
expect "192.0.2.1" "$bin/cli4" name=www.example.com /zones/:example.com/dns_records
record=$("$bin/cli4" "/zones/:example.com/dns_records" | grep -oE '"id": "[0-9a-f]{32}"' | head -n 1 | cut -d'"' -f4)
expect "$record" "$bin/cli4" --delete "/zones/:example.com/dns_records/:$record"
expect "81044" bash -c '"$@" || true' - "$bin/cli4" "/zones/:example.com/dns_records/:$record"

# Lexicon knows only the real address, so its provider gets another one.
cat >"$work/dns-tools/run-lexicon.py" <<EOF2
import sys
import dns.name, dns.resolver
from lexicon._private.providers import cloudflare
# It would ask the internet's name servers where the zone starts.
dns.resolver.zone_for_name = lambda domain, *more: dns.name.from_text("example.com")
init = cloudflare.Provider.__init__
def here(self, config):
    init(self, config)
    self.api_endpoint = "$base_url"
cloudflare.Provider.__init__ = here
from lexicon._private.cli import main
sys.exit(main())
EOF2
lexicon=("$bin/python" "$work/dns-tools/run-lexicon.py" cloudflare --auth-token "$token" --output JSON)
expect "true" "${lexicon[@]}" create example.com TXT --name _acme-challenge --content one --ttl 300
expect "true" "${lexicon[@]}" create example.com TXT --name _acme-challenge --content two
expect '"content": "two"' "${lexicon[@]}" list example.com TXT --name _acme-challenge
expect "true" "${lexicon[@]}" create example.com A --name lexicon --content 192.0.2.1
expect "true" "${lexicon[@]}" update example.com A --name lexicon --content 192.0.2.2
expect "192.0.2.2" "${lexicon[@]}" list example.com A --name lexicon.example.com
expect "true" "${lexicon[@]}" delete example.com TXT --name _acme-challenge --content one
expect "true" "${lexicon[@]}" delete example.com TXT --name _acme-challenge
expect "[]" "${lexicon[@]}" list example.com TXT

echo "dns-tools: certbot-dns-cloudflare, cli4 and lexicon"
