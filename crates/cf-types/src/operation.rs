//! An operation of the API as a value: what to send, and what comes back.

use crate::codec::Field;
use crate::envelope::{Envelope, ResultInfo};
use crate::id::Scope;
pub use crate::meta::{BodyKind, Meta, Param, ParamLocation, ResultKind};
#[allow(unused_imports)] // Not every product needs them.
pub(crate) use crate::meta::{header, path, query};
use crate::page::Page;
pub use crate::page::{Keyset, PageStyle};
use crate::reply::Reply;

/// One operation of the API with its arguments.
///
/// The generator implements it; [`Call`](crate::Call) is what users hold.
pub trait Operation: Arguments + Send + Sync + 'static {
    /// What does not depend on the arguments.
    const META: &'static Meta;
    /// What a successful reply becomes.
    type Output: Field + Default + Send + Sync + 'static;

    /// Passes on what the envelope says besides the result.
    fn finish(_envelope: &mut Envelope<Self::Output>) {}
}

/// An operation that lists items page by page.
pub trait Paged: Operation {
    /// One item of the list.
    type Item: Field + Default + Send + Sync + 'static;

    /// The page that a reply holds.
    fn into_page(reply: Reply<Self::Output>) -> Page<Self::Item>;
}

/// The arguments of an operation, seen without its type.
pub trait Arguments {
    /// The argument for `META.params[index]`.
    fn param(&self, _index: usize) -> &dyn Field {
        &()
    }
    /// What is sent in the body.
    fn body(&self) -> Option<&dyn Field> {
        None
    }
    /// The account or zone, for operations that exist for both.
    fn scope(&self) -> Option<&Scope> {
        None
    }
}

/// Moves the envelope's page information into the page.
#[allow(dead_code)] // Not every product needs it.
pub(crate) fn finish_page<T>(envelope: &mut Envelope<Page<T>>) {
    let info: Option<ResultInfo> = envelope.result_info.clone();
    envelope.result.info = info.unwrap_or_default();
}

/// Declares what the generator knows of an operation: constants, arguments and result.
#[allow(unused_macros)]
macro_rules! operation {
    ($name:ident -> $output:ty { $($key:ident: $value:expr,)* }
        $(params { $($index:literal $place:ident $json:literal $field:ident,)* })?
        $(body($body:ident))?
        $(scope($scope:ident))?
        $(paged($item:ty))?
        $(paged_in($below:ty, $output_name:ident => $list:expr, $told:expr))?
    ) => {
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::operation::Arguments for $name {
            $(#[inline]
            fn param(&self, index: usize) -> &dyn $crate::codec::Field {
                match index {
                    $($index => &self.$field,)*
                    _ => &(),
                }
            })?
            $(#[inline]
            fn body(&self) -> Option<&dyn $crate::codec::Field> {
                Some(&self.$body)
            })?
            $(#[inline]
            fn scope(&self) -> Option<&$crate::Scope> {
                Some(&self.$scope)
            })?
        }
        #[doc(hidden)] // The page of the trait would list thousands.
        impl $crate::operation::Operation for $name {
            const META: &'static $crate::operation::Meta = &$crate::operation::Meta {
                $($key: $value,)*
                $(params: &[$($crate::operation::$place($json)),*],)?
                ..$crate::operation::Meta::BASE
            };
            type Output = $output;
            $(#[inline]
            fn finish(envelope: &mut $crate::Envelope<$crate::Page<$item>>) {
                $crate::operation::finish_page(envelope);
            })?
        }
        $(impl $crate::operation::Paged for $name {
            type Item = $item;
            #[inline]
            fn into_page(reply: $crate::Reply<$output>) -> $crate::Page<$item> {
                reply.into_value()
            }
        })?
        $(impl $crate::operation::Paged for $name {
            type Item = $below;
            #[inline]
            fn into_page(reply: $crate::Reply<$output>) -> $crate::Page<$below> {
                let info = $crate::page::info_of(&reply, &$told);
                let $output_name = reply.into_value();
                $crate::page::with_info($list.into(), info)
            }
        })?
    };
}

#[allow(unused_imports)] // Without any product there is no operation.
pub(crate) use operation;
