//! Sufficient statistics of least squares.

use super::products::{add_products, add_rows};
use super::{Design, LearnError};

/// Everything least squares needs to know of rows and their target: means, and centred sums of products.
#[derive(Debug, Clone, PartialEq)]
pub struct Gram {
    /// Rows.
    pub rows: usize,
    /// Mean of each column.
    pub mean: Vec<f64>,
    /// Mean of the target.
    pub target_mean: f64,
    /// `Σ (x_i - mean_i)(x_j - mean_j)`, row by row, `columns x columns`.
    pub products: Vec<f64>,
    /// `Σ (x_i - mean_i)(y - target_mean)` for each column.
    pub with_target: Vec<f64>,
}

impl Gram {
    /// Of all rows of `design`, whose targets are `target`, in one pass.
    ///
    /// Sums are taken around the first row, which keeps them exact for columns far from 0, and centred at the end.
    ///
    /// # Errors
    /// Those of `design`.
    pub fn of(design: &dyn Design, target: &[f64]) -> Result<Self, LearnError> {
        let (width, rows) = (design.width(), design.rows());
        let target_mean = target.iter().sum::<f64>() / rows.max(1) as f64;
        let mut origin: Option<Vec<f64>> = None;
        let (mut sums, mut products, mut with_target) = (vec![0.0; width], vec![0.0; width * width], vec![0.0; width]);
        let (mut shifted, mut errors, mut ones) = (Vec::new(), Vec::new(), Vec::new());
        design.blocks(0..rows, &mut |block, values| {
            let origin = origin.get_or_insert_with(|| values[..width].to_vec());
            shifted.clear();
            values
                .chunks_exact(width.max(1))
                .for_each(|row| shifted.extend(row.iter().zip(&*origin).map(|(x, o)| x - o)));
            errors.clear();
            errors.extend(target[block].iter().map(|y| y - target_mean));
            ones.resize(errors.len(), 1.0);
            add_rows(&mut sums, &shifted, &ones);
            add_rows(&mut with_target, &shifted, &errors);
            add_products(&mut products, width, &shifted, width, &ones);
        })?;
        let origin = origin.unwrap_or_else(|| vec![0.0; width]);
        let shift: Vec<f64> = sums.iter().map(|sum| sum / rows.max(1) as f64).collect();
        for i in 0..width {
            for j in 0..=i {
                let centred = products[i * width + j] - sums[i] * shift[j];
                products[i * width + j] = centred;
                products[j * width + i] = centred;
            }
        }
        let mean = origin.iter().zip(&shift).map(|(origin, shift)| origin + shift).collect();
        Ok(Self { rows, mean, target_mean, products, with_target })
    }
}
