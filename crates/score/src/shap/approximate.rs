//! Approximate contributions (Saabas 2014): along a row's path, every split's feature gets the difference of the means before and after it.

use super::players::Players;
use super::program::ratios;
use super::terms::{Term, terms};
use crate::row_view::RowView;
use crate::{Error, Model, Node, Tree};
use ndarray::{Array3, ArrayView2};

/// Approximate contributions to each row's margins, as of XGBoost's `approx_contribs`: an array of shape (rows, outputs, columns + 1), the bias
/// last. They depend on the order of splits, which exact ones ([`Explainer`](crate::Explainer)) do not, and take a tenth of the time.
///
/// # Errors
/// A model that [`Model::validate`] refuses, or whose leaves are linear functions; rows of another length than the model has columns, or a
/// model whose rows need base margins.
pub fn approximate_contributions(model: &Model, rows: ArrayView2<'_, f64>) -> Result<Array3<f64>, Error> {
    model.validate()?;
    model.schema.check_count(rows.ncols())?;
    if model.requires_base_margin() {
        return Err(Error::BaseMarginRequired);
    }
    let (view, players) = (RowView::new(model), Players::new(model));
    let (terms, base) = terms(model)?;
    let trees: Vec<_> = model.trees.iter().zip(&terms).map(|(tree, terms)| (tree, means(tree, terms))).collect();
    let bias = view.columns();
    let mut found = Array3::zeros((rows.nrows(), base.len(), bias + 1));
    let mut seen = Vec::with_capacity(view.features());
    for (row, mut found) in rows.rows().into_iter().zip(found.outer_iter_mut()) {
        view.fill(&row.to_vec(), &mut seen);
        base.iter().enumerate().for_each(|(output, base)| found[(output, bias)] = *base);
        for (tree, terms) in &trees {
            terms.iter().for_each(|(output, means)| found[(*output, bias)] += means[0]);
            let mut at = 0;
            while let Node::Split(split) = &tree.nodes[at] {
                let next = if split.goes_left(seen[split.feature as usize]) { split.left } else { split.right } as usize;
                for (output, means) in terms {
                    let player = players.of_feature(split.feature);
                    players.share(player, |column, share| found[(*output, column)] += share * (means[next] - means[at]));
                }
                at = next;
            }
        }
    }
    Ok(found)
}

/// The mean of a tree's leaves below each node, by their covers, for each output.
fn means(tree: &Tree, terms: &[Term]) -> Vec<(usize, Vec<f64>)> {
    let of_term = |term: &Term| {
        let mut means = vec![0.0; tree.nodes.len()];
        let mut leaf = term.values.len();
        // Children come after their parents.
        for (at, node) in tree.nodes.iter().enumerate().rev() {
            means[at] = match node {
                Node::Leaf(_) => {
                    leaf -= 1;
                    term.values[leaf]
                }
                Node::Split(split) => {
                    let children = [split.left as usize, split.right as usize];
                    let ratios = ratios(children.map(|child| tree.nodes[child].cover()));
                    ratios[0] * means[children[0]] + ratios[1] * means[children[1]]
                }
            };
        }
        (term.output, means)
    };
    terms.iter().map(of_term).collect()
}
