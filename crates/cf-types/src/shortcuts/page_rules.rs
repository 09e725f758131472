//! What a page rule is for.

use crate::page_rules::{Constraint, Target};

impl Target {
    /// Requests whose URL matches the pattern, in which `*` stands for anything.
    ///
    /// ```
    /// use cf_types::page_rules::{Action, ForwardingUrl, PageRuleParam, Target};
    ///
    /// let to = ForwardingUrl::new("https://example.com/new/$1", 301);
    /// let rule = PageRuleParam::new([Target::url("example.com/old/*")], [Action::forwarding_url(to)]);
    /// let json = cf_types::codec::to_value(&rule);
    /// assert_eq!(json["targets"][0]["constraint"]["value"], "example.com/old/*");
    /// assert_eq!(json["actions"][0]["value"]["status_code"], 301);
    /// ```
    pub fn url(pattern: impl Into<String>) -> Self {
        Self::new().constraint(Constraint::new("matches", pattern))
    }
}
