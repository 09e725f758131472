use crate::Outcome;
use cf_client::types::turnstile::widgets::{WidgetParam, WidgetRotateSecret};

#[tokio::test]
async fn widget() -> Outcome {
    let (_emulator, client, account, _zone) = newcomer::start().await?;
    let widgets = client.turnstile().widgets();
    let widget = widgets.create(&account, WidgetParam::new("login", ["example.com"], "managed").bot_fight_mode(false)).await?;
    println!("{} {:?}", widget.sitekey, widget.secret);
    let rotated = widgets.rotate_secret(&account, &widget.sitekey, WidgetRotateSecret::new().invalidate_immediately(true)).await?;
    println!("{:?}", rotated.secret);
    let mut widget = widgets.get(&account, &widget.sitekey).await?;
    widget.domains.push("example.org".into());
    widgets.update(&account, &widget.sitekey.clone(), widget).await?;
    for widget in widgets.list(&account).items().collect_all().await? {
        println!("{} {:?}", widget.name, widget.mode);
    }
    Ok(())
}
