//! What is sent in place of what was received, types unknown.

use cf_types::codec::Field;

pub use crate::generated::pairs;

/// A model that replies hold, and the one that bodies take for it.
pub struct Pair {
    /// The name of the first, with its module.
    pub entity: &'static str,
    /// The name of the second, with its module.
    pub param: &'static str,
    /// Makes an empty one of the first.
    pub empty: fn() -> Box<dyn Field>,
    /// Reads JSON as the first, and gives it and the second made of it; none where it cannot be read.
    pub turn: fn(&str) -> Option<Both>,
}

/// What was received, and what is sent of it.
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
