//! Two programs measured against each other in one run.

use serde_json::{Value, json};

/// The two sides of a comparison, one value a round each.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// Ours.
    pub ours: Vec<f64>,
    /// What ours is held against.
    pub other: Vec<f64>,
}

impl Pair {
    /// Adds a value to ours, or to the other's.
    pub fn push(&mut self, ours: bool, value: f64) {
        let side = if ours {
            &mut self.ours
        } else {
            &mut self.other
        };
        side.push(value);
    }

    /// The medians of both sides and their ratio.
    pub fn medians(&self) -> (f64, f64, f64) {
        let (ours, other) = (median(&self.ours), median(&self.other));
        (ours, other, ours / other)
    }

    /// Prints a JSON line `{"name", "ours", "other", "ratio", …}` of the medians.
    ///
    /// `aim` is the largest ratio that is good enough, if there is one; `unit` names what the
    /// values are in.
    pub fn report(&self, name: &str, unit: &str, aim: Option<f64>) {
        println!("{}", self.line(name, unit, aim));
    }

    /// As [`Pair::report`], but good is a median of ours of at most `aim`, whatever the other's.
    pub fn report_at_most(&self, name: &str, unit: &str, aim: f64) {
        let mut line = self.line(name, unit, Some(aim));
        line["pass"] = (median(&self.ours) <= aim).into();
        println!("{line}");
    }

    fn line(&self, name: &str, unit: &str, aim: Option<f64>) -> Value {
        let (ours, other, ratio) = self.medians();
        json!({
            "name": name,
            "ours": rounded(ours),
            "other": rounded(other),
            "ratio": rounded(ratio),
            "unit": unit,
            "aim": aim,
            "rounds": self.ours.len(),
            "ours_worst": rounded(worst(&self.ours)),
            "other_worst": rounded(worst(&self.other)),
        })
    }

    /// Prints a JSON line of the worst values; good is a worst one of ours of at most `aim`.
    pub fn report_worst(&self, name: &str, unit: &str, aim: f64) {
        let (ours, other) = (worst(&self.ours), worst(&self.other));
        println!(
            "{}",
            json!({
                "name": name,
                "ours": rounded(ours),
                "other": rounded(other),
                "ratio": rounded(ours / other),
                "unit": unit,
                "aim": aim,
                "pass": ours <= aim,
                "rounds": self.ours.len(),
            })
        );
    }
}

/// The middle value; the mean of the two middle ones of an even number; NaN of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2) {
        (Some(upper), 0) => f64::midpoint(sorted[middle - 1], *upper),
        (Some(only), _) => *only,
        (None, _) => f64::NAN,
    }
}

/// The largest value; NaN of none.
pub fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
