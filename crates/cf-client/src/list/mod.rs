//! Lists, page by page.

mod items;
mod pages;

use cf_types::{Call, Paged, Paginate};

use crate::call::{BodyMode, PreparedCall, SendFuture, decode};
use crate::client::Client;

pub use items::{First, Items};
pub use pages::Pages;

impl Paginate for &Client {
    type Pages<O: Paged> = Pages<O::Item>;
    type Items<O: Paged> = Items<O::Item>;
    type First<O: Paged> = First<O::Item>;

    fn pages<O: Paged>(self, call: Call<(), O>) -> Self::Pages<O> {
        let client = self.clone();
        Pages::new(call, move |call| {
            let call = PreparedCall::of(&client.0, call, None, BodyMode::Buffer);
            SendFuture::new(&client.0, call, BodyMode::Buffer, decode::page::<O>)
        })
    }

    fn items<O: Paged>(self, call: Call<(), O>) -> Self::Items<O> {
        Items::new(Paginate::pages(self, call))
    }

    fn first<O: Paged>(self, call: Call<(), O>) -> Self::First<O> {
        self.items(call).first()
    }
}
