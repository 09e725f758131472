//! IDs that were looked up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cf_types::{AccountId, ZoneId};

use crate::domain_name::DomainName;

/// Most names remembered.
const MOST: usize = 10_000;

/// IDs by name.
#[derive(Debug, Default)]
pub(crate) struct IdCache {
    pub(crate) zones: Mutex<HashMap<DomainName, ZoneId>>,
    pub(crate) accounts: Mutex<HashMap<String, AccountId>>,
    pub(crate) zones_of_hosts: Mutex<HashMap<DomainName, ZoneId>>,
    pub(crate) only_account: Mutex<Option<AccountId>>,
}

pub(crate) fn recall<N, T>(found: &Mutex<HashMap<N, T>>, name: &N) -> Option<T>
where
    N: Eq + Hash,
    T: Clone,
{
    lock(found).get(name).cloned()
}

pub(crate) fn remember<N, T>(found: &Mutex<HashMap<N, T>>, name: N, id: T) -> T
where
    N: Eq + Hash,
    T: Clone,
{
    let mut found = lock(found);
    if found.len() >= MOST {
        found.clear();
    }
    found.insert(name, id.clone());
    id
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
