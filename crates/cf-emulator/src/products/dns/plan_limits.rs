//! What a zone's plan allows its records:
//! <https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/>.

use serde_json::Value;

use crate::http::error::ApiError;
use crate::store::{Object, text};

const LONGEST_TAG_NAME: usize = 32;
const LONGEST_TAG_VALUE: usize = 100;

/// The limits of a plan.
pub(super) struct Limits {
    /// In seconds.
    pub(super) least_ttl: u64,
    /// Changes of a batch.
    pub(super) batch: usize,
    tags: usize,
    /// Characters of a comment.
    comment: usize,
}

impl Limits {
    pub(super) fn of(plan: &str) -> Self {
        let is_free = plan == "free";
        Self {
            least_ttl: if plan == "enterprise" { 30 } else { 60 },
            batch: if is_free { 200 } else { 3_500 },
            tags: if is_free { 0 } else { 20 },
            comment: if is_free { 100 } else { 500 },
        }
    }

    pub(super) fn check(&self, record: &Object) -> Result<(), ApiError> {
        let refused = |code, message| Err(ApiError::bad_request(code, message));
        let tags = record.get("tags").and_then(Value::as_array);
        let count = tags.map_or(0, Vec::len);
        if count > self.tags {
            let message = format!(
                "DNS record has {count} tags, exceeding the quota of {}.",
                self.tags
            );
            return refused(9300, message);
        }
        for tag in tags.into_iter().flatten().filter_map(Value::as_str) {
            let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
            let usual = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let is_name = !name.is_empty() && name.chars().count() <= LONGEST_TAG_NAME;
            if !is_name || !name.chars().all(usual) || value.chars().count() > LONGEST_TAG_VALUE {
                return refused(9301, format!("DNS record tag {tag:?} is invalid."));
            }
        }
        let comment = text(record, "comment");
        let length = comment.chars().count();
        if length > self.comment {
            let message = format!(
                "DNS record comment has {length} characters, exceeding the quota of {}.",
                self.comment
            );
            return refused(9302, message);
        }
        Ok(())
    }
}
