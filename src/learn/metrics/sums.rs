//! Compensated summation.

/// A running sum that carries the rounding error of each addition along (Neumaier's variant of Kahan's sum): the
/// error is that of one rounding, whatever the number and the order of the addends.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Adds `value`.
    pub fn add(&mut self, value: f64) {
        let total = self.total + value;
        self.lost +=
            if self.total.abs() >= value.abs() { (self.total - total) + value } else { (value - total) + self.total };
        self.total = total;
    }

    /// What was added since it was `earlier`.
    pub fn since(self, earlier: Self) -> f64 {
        (self.total - earlier.total) + (self.lost - earlier.lost)
    }

    /// The sum so far.
    pub fn value(self) -> f64 {
        // Once the total is infinite the compensation is NaN and would hide it.
        if self.total.is_finite() { self.total + self.lost } else { self.total }
    }
}

/// The sum of `values`; 0 of nothing.
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    for value in values {
        sum.add(value);
    }
    sum.value()
}

/// The mean of `values`; `None` of nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut total, mut n) = (Sum::default(), 0_u64);
    for value in values {
        total.add(value);
        n += 1;
    }
    (n > 0).then(|| total.value() / n as f64)
}
