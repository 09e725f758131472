//! What SQL must not do to D1, the emulator around it, or the machine.

use std::time::{Duration, Instant};

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

struct D1 {
    emulator: Emulator,
    client: Client,
    path: String,
}

impl D1 {
    async fn new() -> Self {
        Self::with_timeout(Duration::from_secs(30)).await
    }

    async fn with_timeout(time: Duration) -> Self {
        let emulator = Emulator::builder().d1_timeout(time).start().await.unwrap();
        let client = Client::new(&emulator);
        let path = Self::create(&emulator, "shop").await;
        Self {
            emulator,
            client,
            path,
        }
    }

    async fn create(emulator: &Emulator, name: &str) -> String {
        let all = format!("/accounts/{}/d1/database", emulator.account_id());
        let client = Client::new(emulator);
        let made = client.post(&all, json!({ "name": name })).await.result();
        format!("{all}/{}", made["uuid"].as_str().unwrap())
    }

    async fn ask(&self, sql: &str) -> Answer {
        let path = format!("{}/query", self.path);
        self.client.post(&path, json!({ "sql": sql })).await
    }

    async fn run(&self, sql: &str) -> Value {
        self.ask(sql).await.result()
    }

    /// The status, code and message of a failure.
    async fn fail(&self, sql: &str) -> (u16, u64, String) {
        let answer = self.ask(sql).await;
        let start: String = sql.chars().take(80).collect();
        assert!(!answer.status.is_success(), "{start}");
        let (status, code) = answer.failure();
        let message = answer.json()["errors"][0]["message"].clone();
        (status, code, message.as_str().unwrap().to_owned())
    }
}

const ENDLESS: &str =
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
const AUTH: &str = ": SQLITE_AUTH";

#[tokio::test]
async fn what_is_not_allowed_is_refused_and_changes_nothing() {
    let d1 = D1::new().await;
    d1.run("CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
    for sql in [
        "PRAGMA hard_heap_limit = 1",
        "PRAGMA hard_heap_limit",
        "PRAGMA soft_heap_limit = 1",
        "PRAGMA writable_schema = ON",
        "PRAGMA main.writable_schema = 1",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA temp_store = FILE",
        "PRAGMA journal_mode = WAL",
        "PRAGMA max_page_count = 1",
        "PRAGMA page_size = 512",
        "PRAGMA cache_size = 1000000",
        "PRAGMA threads = 8",
        "PRAGMA trusted_schema = 1",
        "PRAGMA cell_size_check = 1",
        "PRAGMA mmap_size = 1000000",
        "PRAGMA schema_version = 1",
        "PRAGMA user_version",
        "PRAGMA application_id = 1",
        "PRAGMA auto_vacuum = 1",
        "PRAGMA incremental_vacuum",
        "PRAGMA database_list",
        "PRAGMA compile_options",
        "PRAGMA function_list",
        "PRAGMA shrink_memory",
        "PRAGMA wal_checkpoint",
        "PRAGMA busy_timeout = 1",
        "PRAGMA integrity_check",
        "PRAGMA foreign_keys = 'maybe'",
        "PRAGMA optimize = _cf_KV",
        "PRAGMA table_info(_cf_KV)",
        "SELECT * FROM pragma_hard_heap_limit(1)",
        "SELECT * FROM pragma_database_list",
        "ATTACH ':memory:' AS other",
        "ATTACH 'file:/tmp/x?mode=rwc' AS other",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO '/tmp/x'",
        "CREATE TEMP TABLE x (a)",
        "CREATE TEMP VIEW x AS SELECT 1",
        "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE temp.x (a)",
        "CREATE TABLE _cf_x (a)",
        "CREATE INDEX _cf_x ON t (a)",
        "CREATE VIRTUAL TABLE x USING fts3(a)",
        "CREATE VIRTUAL TABLE x USING fts4(a)",
        "CREATE VIRTUAL TABLE x USING fts4aux(a)",
        "CREATE VIRTUAL TABLE x USING fts3tokenize",
        "CREATE VIRTUAL TABLE x USING dbstat",
        "CREATE VIRTUAL TABLE x USING json_each",
        "SELECT * FROM dbstat",
        "SELECT load_extension('x')",
        "SELECT sqlite_version()",
        "SELECT sqlite_source_id()",
        "SELECT sqlite_compileoption_get(0)",
        "SELECT fts3_tokenizer('simple')",
        "UPDATE sqlite_schema SET sql = 'x'",
        "DELETE FROM sqlite_master",
        "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, 'x')",
        "CREATE TABLE sqlite_x (a)",
        "DROP TABLE sqlite_schema",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT sqlite_version(); END; INSERT INTO t VALUES (2)",
        "CREATE VIEW x AS SELECT * FROM pragma_database_list; SELECT * FROM x",
    ] {
        let (status, code, message) = d1.fail(sql).await;
        assert_eq!((status, code), (400, 7500), "{sql}: {message}");
        let by_sqlite = message.ends_with(": SQLITE_ERROR");
        assert!(by_sqlite || message.contains(AUTH), "{sql}: {message}");
    }
    assert!(!std::path::Path::new("/tmp/x").exists());
    for sql in [
        "BEGIN",
        "BEGIN; SELECT 1; COMMIT",
        "COMMIT",
        "END TRANSACTION",
        "ROLLBACK",
        "SAVEPOINT a",
        "SELECT 1; RELEASE a",
        "ROLLBACK TO a",
    ] {
        let (status, code, message) = d1.fail(sql).await;
        assert_eq!((status, code), (400, 7500), "{sql}");
        assert!(message.contains("state.storage.transaction()"), "{message}");
    }
    let tables = d1.run("SELECT name FROM sqlite_schema").await;
    assert_eq!(tables[0]["results"], json!([{ "name": "t" }]));
    assert_eq!(
        d1.run("SELECT a FROM t").await[0]["results"],
        json!([{ "a": 1 }])
    );
}

#[tokio::test]
async fn what_is_allowed_works() {
    let d1 = D1::new().await;
    for sql in [
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b REAL)",
        "CREATE INDEX i ON t (a)",
        "CREATE TABLE child (t INTEGER REFERENCES t ON DELETE CASCADE)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = CASE WHEN a = ';' THEN 1 ELSE 2 END; END",
        "INSERT INTO t (a) VALUES (';'), ('-- x'), ('/*') RETURNING id",
        "INSERT INTO t (id, a) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET a = excluded.a",
        "PRAGMA table_list",
        "PRAGMA table_info('t')",
        "PRAGMA table_xinfo(t)",
        "PRAGMA index_list(t)",
        "PRAGMA index_info(i)",
        "PRAGMA foreign_key_list(child)",
        "PRAGMA foreign_key_check",
        "PRAGMA foreign_keys",
        "PRAGMA foreign_keys = off",
        "PRAGMA defer_foreign_keys = on",
        "PRAGMA recursive_triggers = 'true'",
        "PRAGMA quick_check",
        "PRAGMA quick_check(10)",
        "PRAGMA optimize",
        "PRAGMA optimize(0x10002)",
        "PRAGMA data_version",
        "PRAGMA page_size",
        "SELECT m.name, i.name FROM sqlite_schema m, pragma_table_info(m.name) i",
        "SELECT * FROM pragma_table_list",
        "ANALYZE",
        "REINDEX t",
        "ALTER TABLE t ADD COLUMN c DEFAULT 1",
        "ALTER TABLE t RENAME COLUMN c TO d",
        "ALTER TABLE t DROP COLUMN d",
        "ALTER TABLE child RENAME TO children",
        "DELETE FROM sqlite_sequence",
        "EXPLAIN QUERY PLAN SELECT * FROM t WHERE a LIKE 'x%'",
        "SELECT a FROM t WHERE a GLOB 'x*' AND a IN (SELECT a FROM v)",
        "SELECT json_extract('{\"a\":[1]}', '$.a[0]'), '[1]' -> 0, date('now'), current_timestamp",
        "SELECT value FROM json_each('[1,2]')",
        "SELECT a, row_number() OVER (PARTITION BY b ORDER BY a) FROM t",
        "SELECT group_concat(a, ','), total(b), upper('x'), printf('%05d', 1) FROM t",
        "CREATE VIRTUAL TABLE docs USING FTS5(title, body)",
        "INSERT INTO docs VALUES ('one', 'two three')",
        "SELECT highlight(docs, 1, '<', '>'), bm25(docs) FROM docs WHERE docs MATCH 'three'",
        "CREATE VIRTUAL TABLE words USING fts5vocab(docs, 'row')",
        "SELECT * FROM words",
        "CREATE VIRTUAL TABLE areas USING rtree(id, x0, x1)",
        "INSERT INTO areas VALUES (1, 0, 1)",
        "DROP TABLE docs; DROP TABLE areas; DROP TRIGGER g; DROP VIEW v; DROP INDEX i",
        "SELECT 1; -- and no more",
        ";; SELECT 1 ;;",
        "CREATE TABLE IF NOT EXISTS \"odd;name\" (\"a;b\", [c;d], `e;f`)",
        "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 1000) SELECT sum(x) FROM c",
    ] {
        let answer = d1.ask(sql).await;
        assert!(answer.status.is_success(), "{sql}: {}", answer.json());
    }
    // Within one request, constraints can be deferred to the end, as in a dump.
    let deferred = "PRAGMA defer_foreign_keys = on; INSERT INTO children VALUES (77); INSERT INTO t (id) VALUES (77)";
    d1.run(deferred).await;
    let (_, _, message) = d1
        .fail(
            &deferred
                .replace("(id) VALUES (77)", "(id) VALUES (78)")
                .replace("77", "99"),
        )
        .await;
    assert!(
        message.contains("FOREIGN KEY constraint failed"),
        "{message}"
    );
}

#[tokio::test]
async fn the_limits_are_those_of_d1() {
    let d1 = D1::new().await;
    d1.run("CREATE TABLE t (a)").await;
    let columns = |count: usize| vec!["1"; count].join(",");
    let values = |count: usize| vec!["SELECT 1"; count].join(" UNION ALL ");
    let long = format!("SELECT '{}'", "x".repeat(100_000));
    let like = format!("SELECT 'x' LIKE '{}'", "%".repeat(51));
    let deep = format!("SELECT {}1{}", "abs(".repeat(101), ")".repeat(101));
    for (sql, why) in [
        (
            "SELECT zeroblob(900000000)",
            "string or blob too big: SQLITE_TOOBIG",
        ),
        ("SELECT randomblob(900000000)", "SQLITE_TOOBIG"),
        ("SELECT hex(zeroblob(1900000))", "SQLITE_TOOBIG"),
        ("SELECT printf('%.*c', 900000000, 'x')", "SQLITE_TOOBIG"),
        ("SELECT format('%900000000d', 1)", "SQLITE_TOOBIG"),
        ("SELECT printf('%.900000000f', 1)", "SQLITE_TOOBIG"),
        (
            "SELECT replace(hex(zeroblob(50000)), '0', hex(zeroblob(50000)))",
            "SQLITE_TOOBIG",
        ),
        ("SELECT quote(zeroblob(1900000))", "SQLITE_TOOBIG"),
        (
            "SELECT hex(zeroblob(900000)) || hex(zeroblob(900000))",
            "SQLITE_TOOBIG",
        ),
        (
            "WITH RECURSIVE c(x) AS (SELECT hex(randomblob(50)) UNION ALL SELECT x FROM c LIMIT 30000) SELECT group_concat(x) FROM c",
            "SQLITE_TOOBIG",
        ),
        (
            "WITH RECURSIVE c(x) AS (SELECT hex(randomblob(50)) UNION ALL SELECT x FROM c LIMIT 30000) SELECT json_group_array(x) FROM c",
            "SQLITE_TOOBIG",
        ),
        (
            "WITH RECURSIVE c(x) AS (SELECT hex(randomblob(50)) UNION ALL SELECT x FROM c LIMIT 30000) SELECT json_group_object(x, x) FROM c",
            "SQLITE_TOOBIG",
        ),
        (
            "WITH RECURSIVE c(x) AS (SELECT 'x' UNION ALL SELECT x || x FROM c) SELECT length(x) FROM c",
            "SQLITE_TOOBIG",
        ),
        ("INSERT INTO t VALUES (zeroblob(2000001))", "SQLITE_TOOBIG"),
        (&long, "statement too long: SQLITE_TOOBIG"),
        (&format!("SELECT {}", columns(101)), "too many columns"),
        (
            &format!(
                "CREATE TABLE w ({})",
                (0..101)
                    .map(|n| format!("c{n}"))
                    .collect::<Vec<_>>()
                    .join(",")
            ),
            "too many columns",
        ),
        (&values(6), "too many terms in compound SELECT"),
        (
            &format!("SELECT max({})", columns(33)),
            "too many arguments on function max",
        ),
        (
            &format!("SELECT 1 IN ({})", vec!["?"; 101].join(",")),
            "too many SQL variables",
        ),
        ("SELECT ?101", "variable number must be between ?1 and ?100"),
        (&like, "LIKE or GLOB pattern too complex"),
        (&deep, "Expression tree is too large (maximum depth 100)"),
        (
            &format!(
                "{}SELECT 1{}",
                "SELECT * FROM (".repeat(6000),
                ")".repeat(6000)
            ),
            "SQLITE_ERROR",
        ),
        ("-- nothing", "No SQL statements detected."),
        (" ; ;", "No SQL statements detected."),
        (
            "SELECT ;",
            "near \";\": syntax error at offset 7: SQLITE_ERROR",
        ),
        (
            "INSERT INTO t (rowid) VALUES ('x')",
            "datatype mismatch: SQLITE_MISMATCH",
        ),
        (
            "CREATE UNIQUE INDEX u ON t (a); INSERT INTO t VALUES (1), (1)",
            "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
        ),
    ] {
        let (status, code, message) = d1.fail(sql).await;
        let start: String = sql.chars().take(80).collect();
        assert_eq!((status, code), (400, 7500), "{start}: {message}");
        assert!(message.contains(why), "{start}: {message}");
    }
    // Everything works up to the limits. Several statements may be longer than one.
    for sql in [
        format!("SELECT {}", columns(100)),
        values(5),
        format!("SELECT max({})", columns(32)),
        "SELECT length(zeroblob(2000000))".to_owned(),
        format!("SELECT length('{}');", "x".repeat(90_000)).repeat(4),
    ] {
        d1.run(&sql).await;
    }
    // Parameters have the same limits.
    let path = format!("{}/query", d1.path);
    let body = json!({ "sql": "SELECT length(?)", "params": ["x".repeat(2_000_001)] });
    assert_eq!(d1.client.post(&path, body).await.failure(), (400, 7500));
    let body = json!({ "sql": "SELECT length(?)", "params": ["x".repeat(2_000_000)] });
    d1.client.post(&path, body).await.result();
}

#[tokio::test]
async fn results_are_bounded() {
    let d1 = D1::with_timeout(Duration::from_secs(600)).await;
    let rows = |count: usize, what: &str| {
        format!(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {count}) SELECT {what} AS a FROM c"
        )
    };
    // A blob is encoded as a list of numbers, so each of its bytes counts several times.
    for (path, sql) in [
        ("query", rows(100, "zeroblob(1900000)")),
        (
            "raw",
            format!("{};", rows(10, "zeroblob(900000)")).repeat(3),
        ),
    ] {
        let path = format!("{}/{path}", d1.path);
        let answer = d1.client.post(&path, json!({ "sql": sql })).await;
        assert_eq!(answer.failure(), (500, 7500));
        let message = answer.json()["errors"][0]["message"].clone();
        assert!(
            message.as_str().unwrap().contains("memory limit"),
            "{message}"
        );
    }
    let large = d1.ask(&rows(10, "zeroblob(190000)")).await;
    assert!(large.body.len() > 3_800_000);
    assert_eq!(large.result()[0]["results"][9]["a"][189_999], 0);
}

#[tokio::test]
async fn statements_end_when_their_time_is_over() {
    let d1 = D1::with_timeout(Duration::from_secs(1)).await;
    d1.run("CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
    let triggers = "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO t SELECT a FROM t; INSERT INTO t SELECT a FROM t; END; PRAGMA recursive_triggers = on; INSERT INTO t VALUES (1)";
    let join = "WITH c(x) AS (SELECT value FROM json_each(json_array(1,2,3,4,5,6,7,8,9,10))) SELECT count(*) FROM c a, c b, c d, c e, c f, c g, c h, c i, c j, c k";
    let blobs = "WITH RECURSIVE c(x) AS (SELECT randomblob(900000) UNION ALL SELECT randomblob(900000) FROM c) SELECT max(length(hex(x))) FROM c";
    for sql in [
        ENDLESS,
        join,
        blobs,
        "UPDATE t SET a = 2; WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) DELETE FROM t WHERE a IN (SELECT x FROM c WHERE x > 5)",
        &format!("INSERT INTO t {}", ENDLESS.replace("count(*)", "x")),
        &format!("CREATE TABLE copy AS {}", ENDLESS.replace("count(*)", "x")),
        triggers,
    ] {
        let started = Instant::now();
        let (status, code, message) = d1.fail(sql).await;
        let limited = (500, 7500) == (status, code) || message.contains("too many levels");
        assert!(limited, "{sql}: {message}");
        assert!(started.elapsed() < Duration::from_secs(60), "{sql}");
    }
    assert_eq!(
        d1.run("SELECT a FROM t").await[0]["results"],
        json!([{ "a": 1 }])
    );
    let schema = d1.run("SELECT count(*) AS n FROM sqlite_schema").await;
    assert_eq!(schema[0]["results"], json!([{ "n": 1 }]));
}

#[tokio::test]
async fn nobody_else_waits_for_a_long_statement() {
    let d1 = D1::with_timeout(Duration::from_secs(600)).await;
    let other = D1::create(&d1.emulator, "other").await;
    let endless = async { d1.ask(ENDLESS).await };
    let rest = async {
        // While it runs, the API answers, and so do other databases.
        for _ in 0..20 {
            d1.client.get("/zones").await.result();
            let body = json!({ "sql": "SELECT 1" });
            d1.client
                .post(&format!("{other}/query"), body)
                .await
                .result();
        }
    };
    tokio::select! {
        answer = endless => panic!("{}", answer.json()),
        () = rest => {}
    }
    // Its client is gone: it stops, and its database is free again.
    d1.run("CREATE TABLE t (a)").await;
    // Stopping the emulator does not wait for a running one, either.
    let client = Client::new(&d1.emulator);
    let path = format!("{}/query", d1.path);
    let endless = tokio::spawn(async move {
        let body = json!({ "sql": ENDLESS }).to_string();
        let kind = Some("application/json");
        client.try_send(http::Method::POST, &path, kind, body).await
    });
    while d1.emulator.requests().len() < 42 {
        tokio::task::yield_now().await;
    }
    let stopped = tokio::time::timeout(Duration::from_secs(60), d1.emulator.stop());
    stopped.await.unwrap().unwrap();
    drop(endless);
}

#[tokio::test]
async fn requests_to_one_database_do_not_overwrite_each_other() {
    let d1 = D1::new().await;
    d1.run("CREATE TABLE t (a); INSERT INTO t VALUES (0)").await;
    let increments = (0..50).map(|_| d1.ask("UPDATE t SET a = a + 1"));
    for answer in futures_util::future::join_all(increments).await {
        answer.result();
    }
    assert_eq!(
        d1.run("SELECT a FROM t").await[0]["results"],
        json!([{ "a": 50 }])
    );
    // Requests beyond the limit of the queue get an error.
    let waiting = (0..150).map(|_| d1.ask("UPDATE t SET a = a + 1"));
    let answers = futures_util::future::join_all(waiting).await;
    let refused = answers.iter().filter(|answer| !answer.status.is_success());
    for answer in refused.clone() {
        assert_eq!(answer.failure(), (503, 7500));
    }
    let counted = d1.run("SELECT a FROM t").await[0]["results"][0]["a"].clone();
    assert_eq!(counted, json!(200 - refused.count()));
}

#[tokio::test]
async fn what_is_replaced_meanwhile_stays_replaced() {
    let d1 = D1::with_timeout(Duration::from_secs(2)).await;
    d1.run("CREATE TABLE t (a)").await;
    let snapshot = d1.emulator.snapshot();
    // It writes and ends, but only after the state has been replaced.
    let slow = "INSERT INTO t VALUES (1); WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT count(*) FROM c";
    let replaced = async {
        tokio::task::yield_now().await;
        while d1.client.get("/zones").await.json()["result"] != json!([]) {}
        d1.emulator.restore(&snapshot).unwrap();
    };
    let (answer, ()) = tokio::join!(d1.ask(slow), replaced);
    let rows = d1.run("SELECT count(*) AS n FROM t").await[0]["results"][0]["n"].clone();
    match answer.status.is_success() {
        true => assert_eq!(rows, 1, "it ended before"),
        false => assert_eq!((answer.failure(), rows), ((500, 7500), json!(0))),
    }
}

/// Statements that cannot be interrupted are abandoned: they have no effect, and their
/// database is free for the next request.
#[tokio::test]
async fn one_long_step_is_given_up() {
    let d1 = D1::with_timeout(Duration::from_secs(1)).await;
    d1.run("CREATE TABLE t (a)").await;
    let uninterrupted = "INSERT INTO t VALUES (1); SELECT trim(printf('%.*c', 70000, 'a'), printf('%.*c', 70000, 'b') || 'a')";
    let answer = d1.fail(uninterrupted).await;
    assert_eq!((answer.0, answer.1), (500, 7500));
    let rows = d1.run("SELECT count(*) AS n FROM t").await;
    assert_eq!(rows[0]["results"], json!([{ "n": 0 }]));
}

/// SQLite processes these recursively.
#[tokio::test]
async fn nothing_is_nested_deeper_than_the_stack() {
    let d1 = D1::new().await;
    let mut chain = "WITH c0 AS (SELECT 1 AS a)".to_owned();
    for n in 1..3000 {
        chain += &format!(",c{n} AS(SELECT a FROM c{})", n - 1);
    }
    chain += " SELECT a FROM c2999";
    let answer = d1.ask(&chain).await;
    assert!(matches!(answer.status.as_u16(), 200 | 400 | 500));
    let padding = "x".repeat(95_000);
    let mut last = 200;
    for n in 0..12 {
        let view = format!("CREATE VIEW v{n} AS SELECT 1 /* {padding} */");
        last = d1.ask(&view).await.status.as_u16();
        if last != 200 {
            assert!(n >= 10);
            break;
        }
    }
    assert_eq!(last, 400);
}

#[tokio::test]
async fn imports_and_raw_have_the_same_rules() {
    let d1 = D1::with_timeout(Duration::from_secs(1)).await;
    d1.run("CREATE TABLE t (a)").await;
    for sql in [
        "PRAGMA hard_heap_limit = 1",
        "SELECT zeroblob(900000000)",
        "BEGIN",
        ENDLESS,
    ] {
        let path = format!("{}/raw", d1.path);
        let answer = d1.client.post(&path, json!({ "sql": sql })).await;
        assert_eq!(answer.failure().1, 7500, "{sql}");
        let sql = format!("INSERT INTO t VALUES (1);\n{sql};");
        let etag = md5(&sql);
        let path = format!("{}/import", d1.path);
        let init = json!({ "action": "init", "etag": etag });
        let begun = d1.client.post(&path, init).await.result();
        let mut upload = Client::with_headers(&d1.emulator, &[]);
        let url = begun["upload_url"].as_str().unwrap();
        let (origin, file) = url.split_once("/_emulator").unwrap();
        upload.base_url = format!("{origin}/_emulator");
        let put = upload.try_send(http::Method::PUT, file, None, sql.clone());
        assert_eq!(put.await.unwrap().status, 200);
        let ingest = json!({ "action": "ingest", "etag": etag, "filename": begun["filename"] });
        let ended = d1.client.post(&path, ingest).await.result();
        let poll = json!({ "action": "poll", "current_bookmark": ended["at_bookmark"] });
        let ended = d1.client.post(&path, poll).await.result();
        assert_eq!(ended["status"], "error", "{sql}: {ended}");
        assert!(
            ended["error"].as_str().unwrap().ends_with("(7500)"),
            "{ended}"
        );
    }
    let rows = d1.run("SELECT count(*) AS n FROM t").await;
    assert_eq!(rows[0]["results"], json!([{ "n": 0 }]));
    // A database with virtual tables cannot be exported as a whole.
    d1.run("CREATE VIRTUAL TABLE docs USING fts5(a)").await;
    let path = format!("{}/export", d1.path);
    let body = json!({ "output_format": "polling" });
    let answer = d1.client.post(&path, body).await;
    assert_eq!(answer.failure(), (400, 7500));
    let body = json!({ "output_format": "polling", "dump_options": { "tables": ["t"] } });
    d1.client.post(&path, body).await.result();
}

fn md5(text: &str) -> String {
    use md5::Digest;
    let digest = md5::Md5::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
