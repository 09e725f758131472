// Runs one operation with the official TypeScript SDK: drive.mjs OPERATION BASE_URL.
import Cloudflare from 'cloudflare';

const [operation, baseURL] = process.argv.slice(2);
for (const name of Object.keys(process.env)) if (name.startsWith('CLOUDFLARE')) delete process.env[name];
const settings =
  operation === 'get_with_key'
    ? { apiEmail: 'ada@example.com', apiKey: '0123456789abcdef0123456789abcdef01234' }
    : { apiToken: 'token' };
if (operation === 'get_within_2_s') settings.timeout = 2000;
const client = new Cloudflare({ baseURL, ...settings });

async function all(list, field) {
  const values = [];
  for await (const item of list) values.push(item[field]);
  return values;
}

async function run() {
  switch (operation) {
    case 'create':
      return client.dns.records.create({ zone_id: '1', type: 'A', name: 'www', content: '192.0.2.1', ttl: 1 });
    case 'zones':
      return all(client.zones.list(), 'id');
    case 'keys':
      return all(client.kv.namespaces.keys.list('n', { account_id: 'a' }), 'name');
    case 'queues':
      return all(client.queues.list({ account_id: 'a' }), 'queue_name');
    case 'get_twice':
      await client.zones.get({ zone_id: '1' });
  }
  return client.zones.get({ zone_id: '1' });
}

try {
  const value = await run();
  console.log('value', Array.isArray(value) ? value.length : '', JSON.stringify(value));
} catch (error) {
  console.log('error', error.constructor.name, error.message);
}
