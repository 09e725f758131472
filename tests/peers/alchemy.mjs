// The resources of an account as alchemy's code: node alchemy.mjs up|destroy [GREETING]
// With another greeting, one property of one resource changes.
import alchemy from "alchemy";
import * as cloudflare from "alchemy/cloudflare";

// Alchemy maps iterators, which Node 20 cannot.
Object.getPrototypeOf(Object.getPrototypeOf([].values())).map ??= function* (of) {
  for (const one of this) yield of(one);
};

const [phase, greeting = "hello"] = process.argv.slice(2);
const kinds = new Set();
/** Creates or updates a resource, which belongs to its kind. */
const make = (kind, id, props) => {
  kinds.add(kind);
  return cloudflare[kind](id, props);
};

const app = await alchemy("peers", { phase, stage: "test", password: "for a test", quiet: true });
if (phase === "up") {
  const zone = await make("Zone", "zone", { name: "alchemy.example", jumpStart: false, settings: { alwaysUseHttps: "on", minTlsVersion: "1.2" } });
  await make("DnsRecords", "records", {
    zoneId: zone.id,
    records: [
      { name: "www.alchemy.example", type: "A", content: "192.0.2.1", proxied: true },
      { name: "alchemy.example", type: "TXT", content: "v=spf1 -all" },
    ],
  });
  const namespace = await make("KVNamespace", "cache", { title: "cache", values: [{ key: "greeting", value: greeting }] });
  const database = await make("D1Database", "shop", { name: "shop" });
  const failed = await make("Queue", "failed", { name: "failed" });
  const queue = await make("Queue", "jobs", { name: "jobs", dlq: failed, settings: { deliveryDelay: 30 } });
  const bucket = await make("R2Bucket", "photos", { name: "photos" });
  const worker = await make("Worker", "api", {
    name: "api",
    script: "export default { async fetch(request, env) { return new Response('hi') } }",
    compatibilityDate: "2026-01-01",
    url: false,
    crons: ["*/5 * * * *"],
    bindings: { CACHE: namespace, DB: database, JOBS: queue, PHOTOS: bucket, KEY: alchemy.secret("hush") },
  });
  await make("Route", "route", { pattern: "alchemy.example/*", script: worker, zoneId: zone.id });
  await make("CustomDomain", "domain", { name: "shop.alchemy.example", zoneId: zone.id, workerName: "api" });
  await make("QueueConsumer", "consumer", { queue, scriptName: "api", settings: { batchSize: 5 } });
  await make("R2BucketNotification", "uploads", { bucket, queue: failed, eventTypes: ["object-create"] });
  const index = await make("VectorizeIndex", "texts", { name: "texts", dimensions: 8, metric: "cosine" });
  await make("VectorizeMetadataIndex", "kinds", { index, propertyName: "kind", indexType: "string" });
  await make("Hyperdrive", "postgres", {
    name: "postgres",
    origin: { database: "shop", host: "db.alchemy.example", port: 5432, user: "ada", password: alchemy.secret("hush") },
  });
  await make("DispatchNamespace", "customers", { namespace: "customers" });
  await make("AiGateway", "models", { collectLogs: true });
  await make("AiSearchNamespace", "documents", { name: "documents" });
  const store = await make("SecretsStore", "vault", { name: "vault" });
  await make("Secret", "api-key", { store, name: "api-key", value: alchemy.secret("hush") });
  const tunnel = await make("Tunnel", "office", { name: "office", ingress: [{ hostname: "office.alchemy.example", service: "http://localhost:80" }, { service: "http_status:404" }] });
  await make("TunnelRoute", "network", { network: "172.16.0.0/16", tunnel, comment: "the office" });
  await make("VpcService", "intranet", { name: "intranet", host: { ipv4: "192.0.2.7", network: { tunnel } } });
  const group = await make("AccessGroup", "staff", { name: "staff", include: [{ email_domain: { domain: "alchemy.example" } }] });
  const policy = await make("AccessPolicy", "allow", { name: "allow staff", decision: "allow", include: [{ group: { id: group } }] });
  await make("AccessApplication", "admin", { type: "self_hosted", name: "admin", domain: "admin.alchemy.example", policies: [policy], sessionDuration: "8h" });
  await make("AccessServiceToken", "runner", { name: "runner" });
  await make("AccessIdentityProvider", "pin", { type: "onetimepin", name: "pin", config: {} });
  await make("WarpDeviceProfile", "engineers", { name: "engineers", match: 'identity.groups.name == "engineers"', precedence: 100 });
  await make("EmailRouting", "mail", { zone, enabled: true });
  await make("EmailAddress", "ada", { email: "ada@example.org" });
  await make("EmailRule", "info", {
    zone,
    name: "info",
    matchers: [{ type: "literal", field: "to", value: "info@alchemy.example" }],
    actions: [{ type: "drop" }],
  });
  await make("EmailCatchAll", "rest", { zone, enabled: true, actions: [{ type: "drop" }] });
  await make("Ruleset", "limits", {
    zone,
    phase: "http_ratelimit",
    rules: [{
      description: "limit",
      expression: '(http.request.uri.path eq "/api")',
      action: "block",
      ratelimit: { characteristics: ["ip.src", "cf.colo.id"], period: 60, requests_per_period: 100, mitigation_timeout: 600 },
    }],
  });
  await make("RedirectRule", "old", { zone, expression: 'http.request.uri.path eq "/old"', targetUrl: "https://alchemy.example/new", statusCode: 301 });
  await make("HealthCheck", "health", { zone: zone.id, name: "health", address: "www.alchemy.example" });
  await make("AccountApiToken", "reader", {
    name: "reader",
    policies: [{ effect: "allow", permissionGroups: ["Zone Read"], resources: { [`com.cloudflare.api.account.zone.${zone.id}`]: "*" } }],
  });
}
await app.finalize();
console.log(`${kinds.size} kinds are there`);
