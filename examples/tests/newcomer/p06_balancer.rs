use crate::Outcome;
use cf_client::types::load_balancers::LoadBalancerParam;
use cf_client::types::load_balancers::monitors::MonitorParam;
use cf_client::types::load_balancers::pools::{Origin, PoolParam};

#[tokio::test]
async fn two_pools_and_a_monitor() -> Outcome {
    let (_emulator, client, account, zone) = newcomer::start().await?;
    let balancers = client.load_balancers();

    let monitor = MonitorParam::new().kind("https").path("/health").expected_codes("2xx").interval(60).retries(2).timeout(5).method("GET");
    let monitor = balancers.monitors().create(&account, monitor).await?;

    let europe = PoolParam::new("europe", [Origin::new("berlin", "192.0.2.1"), Origin::new("paris", "192.0.2.2").weight(0.5).enabled(true)])
        .monitor(&monitor.id)
        .minimum_origins(1)
        .notification_email("ops@example.com");
    let europe = balancers.pools().create(&account, europe).await?;
    let america = PoolParam::new("america", [Origin::new("dallas", "198.51.100.1")]).monitor(&monitor.id).check_regions(["WNAM", "ENAM"]);
    let america = balancers.pools().create(&account, america).await?;

    let balancer = LoadBalancerParam::new("www.example.com", [&europe.id, &america.id], &america.id)
        .description("the site")
        .proxied(true)
        .steering_policy("geo")
        .region_pools([("WEU", vec![europe.id.clone()]), ("ENAM", vec![america.id.clone()])])
        .session_affinity("cookie");
    let balancer = balancers.create(&zone, balancer).await?;
    println!("{} {:?}", balancer.id, balancer.default_pools);

    // An origin is taken out.
    let mut pool = balancers.pools().get(&account, &europe.id).await?;
    pool.origins.get_or_insert_default()[0].enabled = Some(false);
    balancers.pools().update(&account, &europe.id, pool).await?;

    balancers.pools().edit(&account, &america.id, PoolParam::default().enabled(false)).await?;
    let health = balancers.pools().health().get(&account, &europe.id).await?;
    println!("{:?}", health.pop_health);
    Ok(())
}
