"""Runs one operation with the official Python SDK: drive.py OPERATION BASE_URL."""

import os
import sys

from cloudflare import Cloudflare

operation, url = sys.argv[1:]
for name in [name for name in os.environ if name.startswith("CLOUDFLARE")]:
    del os.environ[name]
settings = {"api_token": "token"}
if operation == "get_with_key":
    settings = {"api_email": "ada@example.com", "api_key": "0123456789abcdef0123456789abcdef01234"}
if operation == "get_within_2_s":
    settings["timeout"] = 2
client = Cloudflare(base_url=url, **settings)
try:
    if operation == "create":
        value = client.dns.records.create(zone_id="1", type="A", name="www", content="192.0.2.1", ttl=1)
    elif operation == "zones":
        value = [zone.id for zone in client.zones.list()]
    elif operation == "keys":
        value = [key.name for key in client.kv.namespaces.keys.list("n", account_id="a")]
    elif operation == "queues":
        value = [queue.queue_name for queue in client.queues.list(account_id="a")]
    else:
        if operation == "get_twice":
            client.zones.get(zone_id="1")
        value = client.zones.get(zone_id="1")
    print("value", len(value) if isinstance(value, list) else "", repr(value))
except Exception as error:
    print("error", type(error).__name__, str(error))
