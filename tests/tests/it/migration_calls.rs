//! The guide's counterparts of the calls of the crate `cloudflare`: each compiles, sends what the
//! guide says, and is in the guide's table exactly as it is here.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use cf_client::{Client, Method};
use cf_transport::{Body, transport_fn};
use cf_types::ai::PromptAiRun;
use cf_types::dns::records::ARecordParam;
use cf_types::kv::namespaces::NamespaceParam;
use cf_types::kv::namespaces::keys::KeyValuePair;
use cf_types::kv::namespaces::values::ValueParam;
use cf_types::load_balancers::LoadBalancerParam;
use cf_types::load_balancers::pools::{Origin, PoolParam};
use cf_types::r2::buckets::BucketParam;
use cf_types::workers::routes::RouteParam;
use cf_types::workers::scripts::secrets::SecretTextParam;
use cf_types::workers::scripts::tail::TailParam;
use cf_types::zero_trust::tunnels::cloudflared::CloudflaredParam;
use cf_types::zones::{Account, ZoneParam};
use cf_types::{AccountId, Api, BASE_URL, Call, Operation, ZoneId, api};

const GUIDE: &str = include_str!("../../../crates/cf-client/guide/from_cloudflare_rs.md");
/// The number of endpoints in the crate `cloudflare` 0.14.0.
const ENDPOINTS: usize = 54;

/// Rows of the guide, with the spaces removed.
struct Table {
    rows: Vec<String>,
    checked: usize,
}

impl Table {
    fn of(guide: &str) -> Self {
        let (_, tables) = guide.split_once("## All endpoints").unwrap();
        let rows = tables.lines().filter(|line| line.starts_with("| `"));
        Table {
            rows: rows.map(without_spaces).collect(),
            checked: 0,
        }
    }

    fn check(&mut self, theirs: &str, ours: &str, sends: &str) {
        // Lines of the table break only at spaces, so it has the first module of a path.
        let (module, _) = theirs.split_once("::").unwrap();
        let (_, name) = theirs.rsplit_once("::").unwrap();
        let row = format!("| `{module}::{name}` | `{ours}`<br>`{sends}` |");
        let is_there = self.rows.contains(&without_spaces(&row));
        assert!(is_there, "the guide has no row\n{row}");
        self.checked += 1;
    }
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The path as the guide writes it: with the names of the arguments.
fn shown(path: &str) -> String {
    let path = path.strip_prefix("/client/v4").unwrap();
    let parts = path.split('/').map(|part| match part {
        ACCOUNT => "{account}",
        ZONE => "{zone}",
        ID => "{id}",
        NAME => "{name}",
        KEY => "{key}",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn sends<O: Operation>(call: &Call<(), O>) -> String {
    let request = call.to_request(BASE_URL).unwrap();
    format!("{} {}", request.method(), shown(request.uri().path()))
}

const ACCOUNT: &str = "01a7362d577a6c3019a474fd6f485823";
const ZONE: &str = "023e105f4ecef8ad9ca31a8372d0c353";
const ID: &str = "372e67954025e0ba6aaa6d586b9e0b59";
const NAME: &str = "a-name";
const KEY: &str = "a-key";

/// A client over a transport that keeps the last request.
fn client_that_tells() -> (Client, Arc<Mutex<String>>) {
    let last_sent = Arc::new(Mutex::new(String::new()));
    let told = Arc::clone(&last_sent);
    let transport = transport_fn(move |request: http::Request<Body>| {
        let sent = format!("{} {}", request.method(), shown(request.uri().path()));
        *told.lock().unwrap() = sent;
        async {
            Ok(http::Response::new(Body::from(
                r#"{"success":true,"result":null}"#,
            )))
        }
    });
    let client = Client::builder()
        .api_token("cfut_test")
        .transport(transport)
        .build();
    (client.unwrap(), last_sent)
}

macro_rules! rows {
    ($table:ident $($theirs:literal => $ours:expr, $sends:literal;)*) => {
        $(
            let call = $ours;
            assert_eq!(sends(&call), $sends, "{}", $theirs);
            $table.check($theirs, stringify!($ours), $sends);
        )*
    };
}

#[tokio::test]
async fn each_call_is_in_the_guide_and_sends_what_it_says() {
    let mut table = Table::of(GUIDE);
    let client: Api<()> = api();
    let account = &AccountId::from(ACCOUNT);
    let zone = &ZoneId::from(ZONE);
    let (id, name, key) = (ID, NAME, KEY);
    let record = || ARecordParam::new("www", "192.0.2.1");
    let pair = || KeyValuePair::new("key", "value");
    let origin = || Origin::new("web", "192.0.2.1");
    let secret = SecretTextParam::new("PASSWORD", "open sesame");
    let prompt = PromptAiRun::new("Why is the sky blue?");
    let owner = Account::new().id(ACCOUNT);

    rows! { table
        "account::ListAccounts" => client.accounts().list(), "GET /accounts";
        "account::GetUserDetails" => client.user().get(), "GET /user";
        "account::GetUserTokenStatus" => client.user().tokens().verify(), "GET /user/tokens/verify";

        "ai::execute_model::ExecuteModel" => client.ai().run(account, name, prompt), "POST /accounts/{account}/ai/run/{name}";

        "argo_tunnel::create_tunnel::CreateTunnel" => client.zero_trust().tunnels().cloudflared().create(account, CloudflaredParam::new(name)), "POST /accounts/{account}/cfd_tunnel";
        "argo_tunnel::delete_tunnel::DeleteTunnel" => client.zero_trust().tunnels().cloudflared().delete(account, id), "DELETE /accounts/{account}/cfd_tunnel/{id}";
        "argo_tunnel::list_tunnels::ListTunnels" => client.zero_trust().tunnels().list(account), "GET /accounts/{account}/tunnels";
        "cfd_tunnel::create_tunnel::CreateTunnel" => client.zero_trust().tunnels().cloudflared().create(account, CloudflaredParam::new(name)), "POST /accounts/{account}/cfd_tunnel";
        "cfd_tunnel::delete_tunnel::DeleteTunnel" => client.zero_trust().tunnels().cloudflared().delete(account, id), "DELETE /accounts/{account}/cfd_tunnel/{id}";
        "cfd_tunnel::list_tunnels::ListTunnels" => client.zero_trust().tunnels().cloudflared().list(account), "GET /accounts/{account}/cfd_tunnel";
        "cfd_tunnel::update_tunnel::UpdateTunnel" => client.zero_trust().tunnels().cloudflared().edit(account, id, CloudflaredParam::new(name)), "PATCH /accounts/{account}/cfd_tunnel/{id}";

        "dns::dns::ListDnsRecords" => client.dns().records().list(zone), "GET /zones/{zone}/dns_records";
        "dns::dns::CreateDnsRecord" => client.dns().records().create(zone, record()), "POST /zones/{zone}/dns_records";
        "dns::dns::DeleteDnsRecord" => client.dns().records().delete(zone, id), "DELETE /zones/{zone}/dns_records/{id}";
        "dns::dns::UpdateDnsRecord" => client.dns().records().update(zone, id, record()), "PUT /zones/{zone}/dns_records/{id}";

        "load_balancing::create_lb::CreateLoadBalancer" => client.load_balancers().create(zone, LoadBalancerParam::new(name, [id], id)), "POST /zones/{zone}/load_balancers";
        "load_balancing::create_pool::CreatePool" => client.load_balancers().pools().create(account, PoolParam::new(name, [origin()])), "POST /accounts/{account}/load_balancers/pools";
        "load_balancing::delete_lb::DeleteLoadBalancer" => client.load_balancers().delete(zone, id), "DELETE /zones/{zone}/load_balancers/{id}";
        "load_balancing::delete_pool::DeletePool" => client.load_balancers().pools().delete(account, id), "DELETE /accounts/{account}/load_balancers/pools/{id}";
        "load_balancing::list_lb::ListLoadBalancers" => client.load_balancers().list(zone), "GET /zones/{zone}/load_balancers";
        "load_balancing::pool_details::PoolDetails" => client.load_balancers().pools().get(account, id), "GET /accounts/{account}/load_balancers/pools/{id}";

        "r2::r2::ListBuckets" => client.r2().buckets().list(account), "GET /accounts/{account}/r2/buckets";
        "r2::r2::CreateBucket" => client.r2().buckets().create(account, BucketParam::new(name)), "POST /accounts/{account}/r2/buckets";
        "r2::r2::DeleteBucket" => client.r2().buckets().delete(account, name), "DELETE /accounts/{account}/r2/buckets/{name}";

        "workers::CreateRoute" => client.workers().routes().create(zone, RouteParam::new("example.com/*").script(name)), "POST /zones/{zone}/workers/routes";
        "workers::CreateSecret" => client.workers().scripts().secrets().update(account, name, secret), "PUT /accounts/{account}/workers/scripts/{name}/secrets";
        "workers::CreateTail" => client.workers().scripts().tail().create(account, name, TailParam::default()), "POST /accounts/{account}/workers/scripts/{name}/tails";
        "workers::DeleteRoute" => client.workers().routes().delete(zone, id), "DELETE /zones/{zone}/workers/routes/{id}";
        "workers::DeleteScript" => client.workers().scripts().delete(account, name), "DELETE /accounts/{account}/workers/scripts/{name}";
        "workers::DeleteSecret" => client.workers().scripts().secrets().delete(account, name, key), "DELETE /accounts/{account}/workers/scripts/{name}/secrets/{key}";
        "workers::DeleteTail" => client.workers().scripts().tail().delete(account, name, id), "DELETE /accounts/{account}/workers/scripts/{name}/tails/{id}";
        "workers::ListBindings" => client.workers().scripts().script_and_version_settings().get(account, name), "GET /accounts/{account}/workers/scripts/{name}/settings";
        "workers::ListRoutes" => client.workers().routes().list(zone), "GET /zones/{zone}/workers/routes";
        "workers::ListSecrets" => client.workers().scripts().secrets().list(account, name), "GET /accounts/{account}/workers/scripts/{name}/secrets";
        "workers::ListTails" => client.workers().scripts().tail().get(account, name), "GET /accounts/{account}/workers/scripts/{name}/tails";

        "workerskv::create_namespace::CreateNamespace" => client.kv().namespaces().create(account, NamespaceParam::new(name)), "POST /accounts/{account}/storage/kv/namespaces";
        "workerskv::delete_bulk::DeleteBulk" => client.kv().namespaces().bulk_delete(account, id, [key]), "POST /accounts/{account}/storage/kv/namespaces/{id}/bulk/delete";
        "workerskv::delete_key::DeleteKey" => client.kv().namespaces().values().delete(account, id, key), "DELETE /accounts/{account}/storage/kv/namespaces/{id}/values/{key}";
        "workerskv::get_namespace::GetNamespace" => client.kv().namespaces().get(account, id), "GET /accounts/{account}/storage/kv/namespaces/{id}";
        "workerskv::list_namespace_keys::ListNamespaceKeys" => client.kv().namespaces().keys().list(account, id), "GET /accounts/{account}/storage/kv/namespaces/{id}/keys";
        "workerskv::list_namespaces::ListNamespaces" => client.kv().namespaces().list(account), "GET /accounts/{account}/storage/kv/namespaces";
        "workerskv::read_key::ReadKey" => client.kv().namespaces().values().get(account, id, key), "GET /accounts/{account}/storage/kv/namespaces/{id}/values/{key}";
        "workerskv::read_key_metadata::ReadKeyMetadata" => client.kv().namespaces().metadata().get(account, id, key), "GET /accounts/{account}/storage/kv/namespaces/{id}/metadata/{key}";
        "workerskv::remove_namespace::RemoveNamespace" => client.kv().namespaces().delete(account, id), "DELETE /accounts/{account}/storage/kv/namespaces/{id}";
        "workerskv::rename_namespace::RenameNamespace" => client.kv().namespaces().update(account, id, NamespaceParam::new(name)), "PUT /accounts/{account}/storage/kv/namespaces/{id}";
        "workerskv::write_bulk::WriteBulk" => client.kv().namespaces().bulk_update(account, id, [pair()]), "PUT /accounts/{account}/storage/kv/namespaces/{id}/bulk";
        "workerskv::write_key::WriteKey" => client.kv().namespaces().values().update(account, id, key, ValueParam::new("value")), "PUT /accounts/{account}/storage/kv/namespaces/{id}/values/{key}";

        "zones::zone::ListZones" => client.zones().list(), "GET /zones";
        "zones::zone::ZoneDetails" => client.zones().get(zone), "GET /zones/{zone}";
        "zones::zone::CreateZone" => client.zones().create(ZoneParam::new(name, owner)), "POST /zones";
    }

    let (client, last_sent) = client_that_tells();
    macro_rules! rows_by_path {
        ($($theirs:literal => $ours:expr, $path:ident = $value:expr, $sends:literal;)*) => {
            $(
                let $path = $value;
                $ours.send::<serde_json::Value>().await.unwrap();
                assert_eq!(*last_sent.lock().unwrap(), $sends, "{}", $theirs);
                table.check($theirs, stringify!($ours), $sends);
            )*
        };
    }
    rows_by_path! {
        "argo_tunnel::route_dns::RouteTunnel" => client.request(Method::PUT, path), path = format!("/zones/{zone}/tunnels/{id}/routes"), "PUT /zones/{zone}/tunnels/{id}/routes";
        "cfd_tunnel::route_dns::RouteTunnel" => client.request(Method::PUT, path), path = format!("/zones/{zone}/tunnels/{id}/routes"), "PUT /zones/{zone}/tunnels/{id}/routes";
        "workers::DeleteDurableObject" => client.request(Method::DELETE, path), path = format!("/accounts/{account}/workers/durable_objects/namespaces/{id}"), "DELETE /accounts/{account}/workers/durable_objects/namespaces/{id}";
        "workers::SendTailHeartbeat" => client.request(Method::POST, path), path = format!("/accounts/{account}/workers/scripts/{name}/tails/{id}/heartbeat"), "POST /accounts/{account}/workers/scripts/{name}/tails/{id}/heartbeat";
    }
    assert_eq!(table.checked, ENDPOINTS);
    assert_eq!(
        table.rows.len(),
        ENDPOINTS,
        "the guide has rows beyond these"
    );
}
