//! What the errors of GraphQL queries mean: they have messages in place of codes.
//! <https://developers.cloudflare.com/analytics/graphql-api/errors/>

use cf_types::ApiMessage;

use super::Error;

/// Parts of messages, in lower case, and what to do.
const ADVICE: [(&str, &str); 12] = [
    ("cannot request data older than", TOO_OLD),
    ("time range is too large", TOO_LONG),
    ("limit must be positive", TOO_MANY_ROWS),
    ("number of fields can't be more", TOO_MANY_FIELDS),
    ("queries too many nodes", TOO_LARGE),
    ("consumed excessive resources", TOO_LARGE),
    ("unknown field", INVALID),
    ("unknown arg", INVALID),
    ("error parsing", INVALID),
    ("must have selections", INVALID),
    ("must have no selections", INVALID),
    ("query contains error", INVALID),
];

const TOO_OLD: &str = "start later: how far back a dataset reaches on this plan, its `settings { notOlderThan }` says";
const TOO_LONG: &str = "ask for a shorter time, several times: how long it may be on this plan, the dataset's \
     `settings { maxDuration }` says";
const TOO_MANY_ROWS: &str = "lower `limit` and read page by page (`graphql_pages`): how high it may be on this plan, the \
     dataset's `settings { maxPageSize }` says";
const TOO_MANY_FIELDS: &str = "select fewer fields: how many there may be on this plan, the dataset's \
     `settings { maxNumberOfFields }` says";
const TOO_LARGE: &str = "split the query: fewer datasets, zones or accounts, or a shorter time";
const INVALID: &str =
    "check the query against the schema, as https://graphql.cloudflare.com/explorer shows it";

/// How GraphQL marks a refused credential, and what it says.
const REFUSED: [&str; 2] = ["authz", "authn"];
const REFUSALS: [&str; 3] = ["not authorized", "not have access", "unauthorized"];

impl Error {
    /// Whether it is that of a GraphQL query.
    fn is_of_graphql(&self) -> bool {
        self.request()
            .is_some_and(|request| request.path == "/graphql")
    }

    /// Whether a query was refused because of its credential.
    pub(super) fn is_refused_query(&self) -> bool {
        self.is_of_graphql() && self.api_errors().iter().any(is_refused)
    }

    /// What to do about a query that failed.
    pub(super) fn advice_on_query(&self) -> Option<&'static str> {
        if !self.is_of_graphql() {
            return None;
        }
        if self.is_refused_query() {
            return Some(
                "check that the token has the permission \"Analytics Read\" (for accounts, \"Account Analytics Read\"), and \
                 that its resources include this zone or account",
            );
        }
        self.api_errors().iter().find_map(|error| {
            let text = error.message().to_ascii_lowercase();
            let mut known = ADVICE.iter();
            known.find_map(|(part, advice)| text.contains(part).then_some(*advice))
        })
    }
}

fn is_refused(error: &ApiMessage) -> bool {
    let text = error.message().to_ascii_lowercase();
    let word = error.word();
    REFUSED
        .iter()
        .any(|refused| word.as_deref() == Some(*refused))
        || REFUSALS.iter().any(|part| text.contains(part))
}
