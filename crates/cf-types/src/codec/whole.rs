//! JSON that came in place of an object.

use super::{Object, RawJson};

pub(crate) fn fields_blank(object: &dyn Object) -> bool {
    (0..object.names().len()).all(|index| object.get(index).view().is_blank())
}

/// The JSON that came in place of the object, unless the caller has set something since.
pub(super) fn whole(object: &dyn Object) -> Option<&RawJson> {
    object.extra().whole().filter(|_| fields_blank(object))
}
