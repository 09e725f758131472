//! A waiting room with an event.

use crate::Outcome;
use cf_client::types::waiting_rooms::events::EventParam;
use cf_client::types::waiting_rooms::rules::RuleParam;
use cf_client::types::waiting_rooms::{AdditionalRoute, CookieAttributes, WaitingRoomParam};

#[tokio::test]
async fn room_and_event() -> Outcome {
    let (_emulator, client, _account, zone) = cf_examples::start().await?;
    let rooms = client.waiting_rooms();
    let room = WaitingRoomParam::new("shop", "shop.example.com", 200, 500)
        .path("/checkout")
        .session_duration(5)
        .queueing_method("fifo")
        .cookie_attributes(CookieAttributes::new().samesite("lax").secure("always"))
        .additional_routes([AdditionalRoute::new().host("shop2.example.com").path("/")]);
    let room = rooms.create(&zone, room).await?;
    let event = EventParam::new()
        .name("sale")
        .event_start_time("2026-12-01T10:00:00Z")
        .event_end_time("2026-12-01T12:00:00Z")
        .prequeue_start_time("2026-12-01T09:30:00Z")
        .shuffle_at_event_start(true)
        .total_active_users(1000)
        .new_users_per_minute(400);
    let event = rooms.events().create(&zone, &room.id, event).await?;
    assert_eq!(event.name.as_deref(), Some("sale"));
    rooms
        .rules()
        .create(
            &zone,
            &room.id,
            RuleParam::new("ip.src in {192.0.2.0/24}").description("the office"),
        )
        .await?;
    let mut room = rooms.get(&zone, &room.id).await?;
    room.suspended = Some(true);
    let id = room.id.clone();
    assert_eq!(rooms.update(&zone, &id, room).await?.suspended, Some(true));
    Ok(())
}
