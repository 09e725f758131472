//! Conversions from what was received to what is sent, without naming the types.

use cf_types::codec::Field;

pub use crate::generated::pairs;

/// A model of replies, and the corresponding one of bodies.
pub struct Pair {
    /// The name of the first, with its module.
    pub entity: &'static str,
    /// The name of the second, with its module.
    pub param: &'static str,
    /// An empty value of the first.
    pub empty: fn() -> Box<dyn Field>,
    /// Decodes JSON as the first; returns it and the second converted from it, or `None` if it cannot be decoded.
    pub turn: fn(&str) -> Option<Both>,
}

/// What was received, and the param converted from it.
pub type Both = (Box<dyn Field>, Box<dyn Field>);

pub(crate) fn pair<E, P>(entity: &'static str, param: &'static str) -> Pair
where
    E: Field + Default + Clone + 'static,
    P: Field + From<E> + 'static,
{
    Pair {
        entity,
        param,
        empty: || Box::new(E::default()),
        turn: |json| {
            let entity: E = cf_types::codec::from_str(json).ok()?;
            let param = P::from(entity.clone());
            Some((Box::new(entity), Box::new(param)))
        },
    }
}
