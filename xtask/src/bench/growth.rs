//! Whether the cost per item stays the same when there are many.

use anyhow::Result;

use super::programs::{Programs, Server, Took, Work};

const HEAD: &str = "\
| CPU µs of one | of | by hand | this library | ratio |
|---|---|---|---|---|
";

/// Measures lists of different lengths and different numbers of tasks; returns the table.
pub fn measure(programs: &Programs, server: &Server, rounds: u32) -> Result<String> {
    let mut out = String::from(HEAD);
    for (items, times) in [(1_000, 10), (10_000, 1), (100_000, 1)] {
        let workload = format!("list:{items}");
        let each = f64::from(items * times);
        let what = ("record of a list", "records");
        out.push_str(&row(
            programs,
            server,
            rounds,
            &workload,
            (items, times),
            each,
            what,
        )?);
    }
    for (tasks, times) in [(1, 2_000), (16, 150), (256, 10)] {
        let workload = format!("tasks:{tasks}");
        let each = f64::from(tasks * times);
        let what = ("GET", "tasks at once");
        out.push_str(&row(
            programs,
            server,
            rounds,
            &workload,
            (tasks, times),
            each,
            what,
        )?);
    }
    Ok(out)
}

fn row(
    programs: &Programs,
    server: &Server,
    rounds: u32,
    workload: &str,
    (many, times): (u32, u32),
    each: f64,
    (one, unit): (&str, &str),
) -> Result<String> {
    let work = Work {
        workload,
        times,
        server: &server.http,
        roots: None,
    };
    let took = programs.compare(&["floor", "ours"], &work, rounds)?;
    let cpu = |took: &Took| took.cpu_micros;
    let figures = took.figures(cpu);
    let (floor, ours) = (figures[0] / each, figures[1] / each);
    let ratio = took.ratio(cpu);
    Ok(format!(
        "| {one} | {many} {unit} | {floor:.2} | {ours:.2} | {ratio:.2} |\n"
    ))
}
