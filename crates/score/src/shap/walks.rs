//! All walks that some rows take: tree by tree, a few nodes of the quadrature at a time, as many rows as go side by side.

use super::kernel::{Frame, Walk};
use super::players::Players;
use super::program::Program;
use super::quadrature::Rule;
use super::room::{Framed, Room, with_room};
use super::simd::{self, Simd};
use super::terms::Term;
use crate::Model;
use crate::row_view::RowView;

/// Nodes of quadrature that one walk takes: more would need more room than the first-level cache has.
const NODES: usize = 16;

/// What a walk found, to be added to what others find.
pub(super) struct Found<'a, const W: usize> {
    /// The first of the rows side by side.
    pub first_row: usize,
    pub output: usize,
    /// The players of the tree.
    pub players: &'a [u32],
    /// By player.
    pub contributions: &'a [[f64; W]],
    /// By player and player, where pairs were looked for: the parts of both sides sum up to an interaction.
    pub pairs: &'a [[f64; W]],
}

/// The trees of a model, ready to be walked.
pub(super) struct Walks {
    pub view: RowView,
    trees: Vec<Walkable>,
    /// By number of nodes; empty where no tree needs it.
    rules: Vec<Option<Rule>>,
    pub simd: Simd,
}

/// A tree with what its leaves add.
struct Walkable {
    program: Program,
    terms: Vec<Term>,
}

impl Walkable {
    /// Nodes of quadrature: of a polynomial whose degree is one less than the number of players.
    fn nodes(&self) -> usize {
        self.program.distinct.div_ceil(2)
    }
}

impl Walks {
    /// The trees of a valid model with the terms of each.
    pub fn new(model: &Model, players: &Players, terms: Vec<Vec<Term>>) -> Self {
        let trees = model.trees.iter().zip(terms);
        let trees: Vec<_> = trees.map(|(tree, terms)| Walkable { program: Program::new(tree, players), terms }).collect();
        let mut rules = vec![None; trees.iter().map(Walkable::nodes).max().unwrap_or(0) + 1];
        for nodes in trees.iter().map(Walkable::nodes).filter(|&nodes| nodes > 0) {
            rules[nodes].get_or_insert_with(|| Rule::new(nodes));
        }
        Self { view: RowView::new(model), trees, rules, simd: Simd::detect() }
    }

    /// The number of trees.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// The most players that any tree asks about.
    pub fn most_players(&self) -> usize {
        self.trees.iter().map(|tree| tree.program.slots.len()).max().unwrap_or(0)
    }

    /// The mean of the trees of each output, by the covers of their leaves.
    pub fn means(&self, outputs: usize) -> Vec<f64> {
        let mut means = vec![0.0; outputs];
        for Walkable { program, terms } in &self.trees {
            for Term { output, values } in terms {
                means[*output] += values.iter().zip(&program.leaf_shares).map(|(value, share)| value * share).sum::<f64>();
            }
        }
        means
    }

    /// Calls `take` with what each walk of `count` rows finds, with or without pairs. The order is the same for every row, whichever go with
    /// it; rows that fill the last group up are to be ignored.
    pub fn each<const W: usize, const PAIRS: bool>(&self, rows: &[f64], count: usize, mut take: impl FnMut(Found<'_, W>))
    where
        Frame<W>: Framed,
    {
        with_room::<W>(&self.view, rows, count, |room| {
            for tree in &self.trees {
                let Some(rule) = &self.rules[tree.nodes()] else { continue };
                for (nodes, weights) in rule.nodes.chunks(NODES).zip(rule.weights.chunks(NODES)) {
                    self.walk_tree::<W, PAIRS>(tree, (nodes, weights), room, &mut take);
                }
            }
        });
    }

    fn walk_tree<const W: usize, const PAIRS: bool>(
        &self,
        Walkable { program, terms }: &Walkable,
        (nodes, weights): (&[f64], &[f64]),
        room: &mut Room,
        take: &mut impl FnMut(Found<'_, W>),
    ) where
        Frame<W>: Framed,
    {
        room.make_ready::<W, PAIRS>(program, nodes);
        let Room { rows, products, sums, quotients, integrand, inverses, found, pairs, frames, narrow_frames, .. } = room;
        let frames = Frame::<W>::among(frames, narrow_frames);
        let slots = program.slots.len();
        let found = &mut found.as_chunks_mut().0[..slots];
        let pairs = &mut pairs.as_chunks_mut().0[..if PAIRS { slots * slots } else { 0 }];
        for Term { output, values } in terms {
            for (group, rows) in rows.as_chunks().0.chunks(self.view.features().max(1)).enumerate() {
                found.fill([0.0; W]);
                pairs.fill([0.0; W]);
                let mut walk = Walk::<W, PAIRS> {
                    program,
                    nodes,
                    weights,
                    inverses,
                    values,
                    rows,
                    products: products.as_chunks_mut().0,
                    sums: sums.as_chunks_mut().0,
                    frames,
                    found,
                    integrand: integrand.as_chunks_mut().0,
                    quotients: quotients.as_chunks_mut().0,
                    pairs,
                };
                simd::run(self.simd, &mut walk);
                take(Found { first_row: group * W, output: *output, players: &program.slots, contributions: found, pairs });
            }
        }
    }
}
