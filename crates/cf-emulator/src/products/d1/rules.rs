//! What statements may do: the authorizer and limits of D1's runtime
//! (<https://developers.cloudflare.com/d1/platform/limits/>), and bounds on the
//! memory that SQLite takes in this process.

use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

/// How many pages of 4 KiB a database may have: 256 MiB.
const MOST_PAGES: u32 = 1 << 16;
/// The memory that SQLite may take in this process, in bytes: for databases
/// whose statements are running, their sorting and intermediate results.
const HEAP: u32 = 768 << 20;

/// The longest statement, in bytes of SQL.
pub(super) const LONGEST_STATEMENT: usize = 100_000;

const LIMITS: [(Limit, i32); 12] = [
    (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_STATEMENT as i32),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// The pragmas that D1 supports, and their arguments.
const PRAGMAS: &[(&str, Argument)] = &[
    ("case_sensitive_like", Argument::Boolean),
    ("data_version", Argument::None),
    ("defer_foreign_keys", Argument::Boolean),
    ("foreign_key_check", Argument::Any),
    ("foreign_key_list", Argument::Name),
    ("foreign_keys", Argument::Boolean),
    ("ignore_check_constraints", Argument::Boolean),
    ("index_info", Argument::Name),
    ("index_list", Argument::Name),
    ("index_xinfo", Argument::Name),
    ("legacy_alter_table", Argument::Boolean),
    ("optimize", Argument::Any),
    ("page_size", Argument::None),
    ("quick_check", Argument::Any),
    ("recursive_triggers", Argument::Boolean),
    ("reverse_unordered_selects", Argument::Boolean),
    ("table_info", Argument::Name),
    ("table_list", Argument::Any),
    ("table_xinfo", Argument::Name),
];

enum Argument {
    None,
    /// Optional.
    Boolean,
    /// Required.
    Name,
    /// A name, a number or nothing.
    Any,
}

/// The kinds of virtual tables that can be created.
const MODULES: [&str; 4] = ["fts5", "fts5vocab", "rtree", "rtree_i32"];

/// The functions that D1 supports, in the order of SQLite's documentation pages.
#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    // Core.
    "abs", "changes", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "ifnull",
    "iif", "instr", "last_insert_rowid", "length", "like", "likelihood", "likely", "lower", "ltrim",
    "max", "min", "nullif", "octet_length", "printf", "quote", "random", "randomblob", "replace",
    "round", "rtrim", "sign", "soundex", "substr", "substring", "total_changes", "trim", "typeof",
    "unhex", "unicode", "unlikely", "upper", "zeroblob",
    // Dates.
    "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday",
    "strftime", "time", "timediff", "unixepoch",
    // Aggregates and windows.
    "avg", "count", "cume_dist", "dense_rank", "first_value", "group_concat", "lag", "last_value",
    "lead", "nth_value", "ntile", "percent_rank", "rank", "row_number", "string_agg", "sum", "total",
    // Mathematics.
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "cos", "cosh", "degrees",
    "exp", "floor", "ln", "log", "log2", "mod", "pi", "pow", "radians", "sin", "sinh", "sqrt",
    "tan", "tanh", "trunc",
    // JSON.
    "->", "->>", "json", "json_array", "json_array_length", "json_each", "json_extract",
    "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch",
    "json_quote", "json_remove", "json_replace", "json_set", "json_tree", "json_type", "json_valid",
    "jsonb", "jsonb_array", "jsonb_extract", "jsonb_group_array", "jsonb_group_object",
    "jsonb_insert", "jsonb_object", "jsonb_patch", "jsonb_remove", "jsonb_replace", "jsonb_set",
    // Full-text search and R-trees.
    "bm25", "highlight", "match", "rtreecheck", "snippet",
    // Used internally by ALTER TABLE.
    "sqlite_drop_column", "sqlite_rename_column", "sqlite_rename_quotefix", "sqlite_rename_table",
    "sqlite_rename_test",
];

/// The rules of one connection.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The emulator's own statements are running; the rules do not apply to them.
    own: AtomicBool,
    /// A statement tried to begin, end or nest a transaction.
    pub(super) transaction: AtomicBool,
}

impl Rules {
    /// Applies the rules to a connection.
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Arc<Self>> {
        static HEAP_BOUND: Once = Once::new();
        let mut bound = Ok(());
        // It applies to the whole process, and can only be lowered.
        HEAP_BOUND.call_once(|| bound = connection.pragma_update(None, "hard_heap_limit", HEAP));
        bound?;
        // Nothing is written to disk, and after a failure the whole copy is discarded.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "max_page_count", MOST_PAGES)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        for (limit, most) in LIMITS {
            connection.set_limit(limit, most)?;
        }
        let rules = Arc::new(Self::default());
        let asked = Arc::clone(&rules);
        connection.authorizer(Some(move |wish: AuthContext<'_>| {
            match asked.own.load(Ordering::Relaxed) || asked.allow(&wish) {
                true => Authorization::Allow,
                false => Authorization::Deny,
            }
        }))?;
        Ok(rules)
    }

    /// Does work that statements may not.
    pub(super) fn lifted<T>(&self, work: impl FnOnce() -> T) -> T {
        self.own.store(true, Ordering::Relaxed);
        let done = work();
        self.own.store(false, Ordering::Relaxed);
        done
    }

    fn allow(&self, wish: &AuthContext<'_>) -> bool {
        use AuthAction::*;
        // Here, SQLite passes the database first, and a column where it passes the
        // database for other actions.
        if let AlterTable {
            database_name,
            table_name,
        } = wish.action
        {
            return database_name == "main" && is_free(table_name);
        }
        match wish.database_name {
            None | Some("main") => {}
            Some("temp") => return matches!(wish.action, Read { .. } | Update { .. }),
            Some(_) => return false,
        }
        match wish.action {
            Select | Recursive | Analyze { .. } => true,
            CreateTable { table_name: name }
            | DropTable { table_name: name }
            | Insert { table_name: name }
            | Update {
                table_name: name, ..
            }
            | Delete { table_name: name }
            | CreateView { view_name: name }
            | DropView { view_name: name }
            | Reindex { index_name: name } => is_free(name),
            Read {
                table_name: name, ..
            } => is_free(name) && !name.eq_ignore_ascii_case("dbstat"),
            CreateIndex {
                index_name: name,
                table_name,
            }
            | DropIndex {
                index_name: name,
                table_name,
            }
            | CreateTrigger {
                trigger_name: name,
                table_name,
            }
            | DropTrigger {
                trigger_name: name,
                table_name,
            } => is_free(name) && is_free(table_name),
            CreateVtable {
                table_name,
                module_name,
            }
            | DropVtable {
                table_name,
                module_name,
            } => {
                is_free(table_name)
                    && MODULES
                        .iter()
                        .any(|module| module.eq_ignore_ascii_case(module_name))
            }
            Function { function_name } => FUNCTIONS
                .iter()
                .any(|function| function.eq_ignore_ascii_case(function_name)),
            Pragma {
                pragma_name,
                pragma_value,
            } => pragma(pragma_name, pragma_value),
            Transaction { .. } | Savepoint { .. } => {
                self.transaction.store(true, Ordering::Relaxed);
                false
            }
            _ => false,
        }
    }
}

/// Whether a name is not reserved for D1.
fn is_free(name: &str) -> bool {
    !name
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("_cf_"))
}

fn pragma(name: &str, value: Option<&str>) -> bool {
    let known = PRAGMAS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    let boolean = |value: &str| {
        let value = value.trim_matches(['\'', '"']).to_ascii_lowercase();
        matches!(
            value.as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "1" | "0"
        )
    };
    match known {
        None => false,
        Some((_, Argument::None)) => value.is_none(),
        Some((_, Argument::Boolean)) => value.is_none_or(boolean),
        Some((_, Argument::Name)) => value.is_some_and(is_free),
        Some((_, Argument::Any)) => value.is_none_or(is_free),
    }
}
