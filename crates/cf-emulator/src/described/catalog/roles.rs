//! What operations do, judged by their methods and paths.

use http::Method;

use crate::described::operation::{Operation, ReplyKind};
use crate::described::role::Role;

pub(super) fn of_collection(operation: &Operation) -> Role {
    match operation.method {
        Method::GET => Role::List,
        Method::POST => Role::Create,
        Method::PUT => Role::Replace,
        Method::PATCH => Role::EditMany,
        Method::DELETE => Role::DeleteMany,
        _ => Role::Sample,
    }
}

pub(super) fn of_member(operation: &Operation, created_by_post: bool, has_put: bool) -> Role {
    match operation.method {
        Method::GET => Role::Get,
        Method::POST if has_put && operation.creates() => Role::Put,
        Method::PUT if created_by_post => Role::Update,
        Method::PUT => Role::Put,
        Method::POST if created_by_post || has_put => Role::Update,
        Method::POST => Role::Put,
        Method::PATCH => Role::Edit,
        Method::DELETE => Role::Delete,
        _ => Role::Sample,
    }
}

pub(super) fn of_document(operation: &Operation, has: &dyn Fn(Method) -> bool) -> Role {
    let written = has(Method::PUT) || has(Method::PATCH) || has(Method::POST);
    let json = matches!(
        operation.reply,
        ReplyKind::Envelope | ReplyKind::Json | ReplyKind::Empty
    );
    match operation.method {
        // A query is not a document to keep, and its rows are unknown.
        _ if operation.asks_in_sql() => Role::Refused,
        _ if !json || !has(Method::GET) => Role::Sample,
        Method::GET if written => Role::ReadDocument,
        Method::PUT => Role::ReplaceDocument,
        Method::PATCH | Method::POST => Role::MergeDocument,
        Method::DELETE if written => Role::ResetDocument,
        _ => Role::Sample,
    }
}
