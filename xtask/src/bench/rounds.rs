//! What several runs took, and how they compare.

use anyhow::{Context, Result};
use serde_json::Value;

/// The figures of one run, as the worker prints them.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    pub cpu_micros: f64,
    pub wall_micros: f64,
    pub allocations: f64,
    pub peak_kilobytes: f64,
    pub resident_kilobytes: f64,
}

impl Took {
    pub fn read(line: &[u8]) -> Result<Self> {
        let said: Value = serde_json::from_slice(line)?;
        let number = |name: &str| said[name].as_f64().with_context(|| format!("no {name}"));
        Ok(Took {
            cpu_micros: number("cpu_micros")?,
            wall_micros: number("wall_micros")?,
            allocations: number("allocations")?,
            peak_kilobytes: number("peak_kilobytes")?,
            resident_kilobytes: number("resident_kilobytes")?,
        })
    }
}

/// Which figure of a run counts.
pub type Measure = fn(&Took) -> f64;

pub fn cpu(took: &Took) -> f64 {
    took.cpu_micros
}

pub fn wall(took: &Took) -> f64 {
    took.wall_micros
}

pub fn peak(took: &Took) -> f64 {
    took.peak_kilobytes
}

pub fn resident(took: &Took) -> f64 {
    took.resident_kilobytes
}

/// The figures of the same runs, in order, once per round.
pub struct Rounds(pub Vec<Vec<Took>>);

impl Rounds {
    /// Each run's figure: the median of its rounds.
    pub fn figures(&self, measure: Measure) -> Vec<f64> {
        let runs = self.0.first().map_or(0, Vec::len);
        (0..runs)
            .map(|run| median(self.0.iter().map(|round| measure(&round[run]))))
            .collect()
    }

    /// The last run's figure relative to the first: the median over the rounds, since what disturbs one run of a round
    /// often disturbs the others.
    pub fn ratio(&self, measure: Measure) -> f64 {
        let last = self.0.first().map_or(0, |round| round.len() - 1);
        self.ratio_of(last, 0, measure)
    }

    /// One run's figure relative to another's.
    pub fn ratio_of(&self, run: usize, to: usize, measure: Measure) -> f64 {
        let rounds = self.0.iter();
        median(rounds.map(|round| measure(&round[run]) / measure(&round[to])))
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}
