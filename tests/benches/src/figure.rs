//! Figures, their bounds, and whether they hold.

use std::fmt;
use std::time::Duration;

/// What a figure should not exceed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Asserted: counts and sizes are the same on every machine.
    Asserted(f64),
    /// Reported: times and memory of a machine.
    Reported(f64),
    /// Nothing to reach.
    None,
}

/// A measured value.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// The value.
    pub value: f64,
    /// Its unit; nothing for a plain number.
    pub unit: &'static str,
    /// What it should not exceed.
    pub bound: Bound,
}

impl Figure {
    /// Whether it holds what it should.
    pub fn holds(&self) -> bool {
        match self.bound {
            Bound::Asserted(most) | Bound::Reported(most) => self.value <= most,
            Bound::None => true,
        }
    }

    /// Whether it misses what is asserted.
    pub fn fails(&self) -> bool {
        matches!(self.bound, Bound::Asserted(_)) && !self.holds()
    }

    fn shown(&self, value: f64) -> String {
        let digits = match self.unit {
            "" | "bytes" => 0,
            _ => 1,
        };
        let text = grouped(&format!("{value:.digits$}"));
        format!("{text} {}", self.unit).trim_end().to_owned()
    }
}

/// Thousands set apart by commas.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

impl fmt::Display for Figure {
    /// A row of a table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bound, mark) = match (self.bound, self.holds()) {
            (Bound::None, _) => (String::new(), ""),
            (Bound::Asserted(most), true) => (format!("≤ {}", self.shown(most)), "holds"),
            (Bound::Asserted(most), false) => (format!("≤ {}", self.shown(most)), "**missed**"),
            (Bound::Reported(most), true) => (format!("≤ {}", self.shown(most)), "reached"),
            (Bound::Reported(most), false) => (format!("≤ {}", self.shown(most)), "not reached"),
        };
        write!(
            f,
            "| {} | {} | {bound} | {mark} |",
            self.what,
            self.shown(self.value)
        )
    }
}

/// The figures of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The scenario, as its heading.
    pub title: &'static str,
    /// How it was measured.
    pub how: String,
    /// What came of it.
    pub figures: Vec<Figure>,
}

impl Section {
    /// A section without figures yet.
    pub fn new(title: &'static str, how: impl Into<String>) -> Self {
        Self {
            title,
            how: how.into(),
            figures: Vec::new(),
        }
    }

    /// A plain number.
    pub fn count(&mut self, what: impl Into<String>, value: usize, bound: Bound) {
        self.add(what, value as f64, "", bound);
    }

    /// A number of bytes.
    pub fn bytes(&mut self, what: impl Into<String>, value: usize, bound: Bound) {
        self.add(what, value as f64, "bytes", bound);
    }

    /// A time in milliseconds.
    pub fn time(&mut self, what: impl Into<String>, value: Duration, bound: Bound) {
        self.add(what, value.as_secs_f64() * 1e3, "ms", bound);
    }

    /// A value in a unit.
    pub fn add(&mut self, what: impl Into<String>, value: f64, unit: &'static str, bound: Bound) {
        let what = what.into();
        self.figures.push(Figure {
            what,
            value,
            unit,
            bound,
        });
    }

    /// The asserted figures that were missed.
    pub fn missed(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(|figure| figure.fails())
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}\n", self.title, self.how)?;
        writeln!(
            f,
            "| figure | measured | to reach | |\n| --- | --- | --- | --- |"
        )?;
        self.figures
            .iter()
            .try_for_each(|figure| writeln!(f, "{figure}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_count_past_its_bound_fails() {
        let mut section = Section::new("title", "how");
        section.count("few", 1, Bound::Asserted(1.0));
        section.count("many", 2, Bound::Asserted(1.0));
        section.time("slow", Duration::from_millis(2), Bound::Reported(1.0));
        let missed: Vec<_> = section
            .missed()
            .map(|figure| figure.what.as_str())
            .collect();
        assert_eq!(missed, ["many"]);
        assert!(
            section
                .to_string()
                .contains("| slow | 2.0 ms | ≤ 1.0 ms | not reached |")
        );
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped("1234567.8"), "1,234,567.8");
        assert_eq!(grouped("999"), "999");
    }
}
