//! A widget, its secret and its domains.

use crate::Outcome;
use cf_client::types::turnstile::widgets::{WidgetParam, WidgetRotateSecret};

#[tokio::test]
async fn widget() -> Outcome {
    let (_emulator, client, account, _zone) = cf_examples::start().await?;
    let widgets = client.turnstile().widgets();
    let widget = widgets
        .create(
            &account,
            WidgetParam::new("login", ["example.com"], "managed").bot_fight_mode(false),
        )
        .await?;
    let rotated = widgets
        .rotate_secret(
            &account,
            &widget.sitekey,
            WidgetRotateSecret::new().invalidate_immediately(true),
        )
        .await?;
    assert_ne!(rotated.secret, widget.secret);
    let mut widget = widgets.get(&account, &widget.sitekey).await?;
    widget.domains.push("example.org".into());
    widgets
        .update(&account, widget.sitekey.clone(), widget)
        .await?;
    let there = widgets.list(&account).items().collect_all().await?;
    assert_eq!((there.len(), there[0].domains.len()), (1, 2));
    Ok(())
}
