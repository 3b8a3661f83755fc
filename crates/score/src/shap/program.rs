//! A tree as the steps of a walk that visits every node: the same for all rows, with everything worked out that rows do not decide.

use super::players::Players;
use crate::{Condition, MissingRule, Node, Split, Tree};

/// The side of a child.
pub(super) const LEFT: usize = 0;
/// The side of a child.
pub(super) const RIGHT: usize = 1;

/// The compiled form of a tree.
pub(super) struct Program {
    /// In the order of a depth-first walk; none for a tree of one leaf.
    pub steps: Vec<Step>,
    pub splits: Vec<SplitPlan>,
    /// The splits whose tests are more than a comparison.
    pub by_letter: Vec<Split>,
    /// The players that the tree asks about; a *slot* is a position in this list.
    pub slots: Vec<u32>,
    /// For each split on a player that an earlier split of its path is on: the player's share of the cover before it.
    pub repeats: Vec<f64>,
    /// The greatest number of splits on a path.
    pub depth: usize,
    /// The greatest number of players on a path.
    pub distinct: usize,
    /// The share of the tree's cover that each leaf has, in the order of the nodes.
    pub leaf_shares: Vec<f64>,
}

/// What a walk does next. Splits are named by their positions in [`Program::splits`].
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// Comes to a split, and settles those of its children that are leaves.
    Arrive(u32),
    /// Goes to a child that is a split.
    Down(u32, u8),
    /// Comes back from there. The first child to come back, of a split without leaves, sets what others add to.
    Up { split: u32, is_first: bool },
    /// Is done with a split on a player that an earlier split of the path is on.
    Leave(u32),
}

/// What a walk needs to know of a split.
pub(super) struct SplitPlan {
    pub test: Test,
    pub slot: u32,
    /// The number of splits above.
    pub depth: u32,
    /// The depth of the last split above on the same player.
    pub last: Option<u32>,
    /// Where the split is in [`Program::repeats`], if `last` is something.
    pub repeat: u32,
    /// The player's share of the cover before the split: the product over the splits above that are on it, 1 if there are none.
    pub before: f64,
    /// The children's shares of the split's cover.
    pub ratios: [f64; 2],
    /// Those children that are leaves, by their numbers among the leaves.
    pub leaves: [Option<u32>; 2],
}

/// Which rows go left.
#[derive(Clone, Copy)]
pub(super) enum Test {
    /// Those with a value up to the threshold; those with NaN if it is the default.
    AtMost { feature: u32, threshold: f64, default_left: bool },
    /// What a split of [`Program::by_letter`] says.
    ByLetter { feature: u32, split: u32 },
}

/// What is to be done while a tree is compiled.
enum Todo {
    Enter(usize),
    Down(u32, usize),
    Up { split: u32, is_first: bool },
    Leave(u32),
}

/// The state of a player on the path.
#[derive(Clone, Copy)]
struct OnPath {
    /// Its share of the cover.
    share: f64,
    last: Option<u32>,
}

const ABSENT: OnPath = OnPath { share: 1.0, last: None };

impl Program {
    /// Compiles a tree of a valid model.
    pub fn new(tree: &Tree, players: &Players) -> Self {
        Compiler::new(tree, players).compile()
    }
}

struct Compiler<'a> {
    tree: &'a Tree,
    /// The slot of each split's player, in the order of the nodes; leaves have any.
    slot_of: Vec<u32>,
    /// The number of each node among the leaves before it.
    ordinals: Vec<u32>,
    program: Program,
    /// By slot.
    on_path: Vec<OnPath>,
    /// What the edges of the path replaced.
    replaced: Vec<OnPath>,
    /// The share of the cover that each split of the path has.
    reach: Vec<f64>,
    distinct: usize,
}

impl<'a> Compiler<'a> {
    fn new(tree: &'a Tree, players: &Players) -> Self {
        let player = |node: &Node| match node {
            Node::Split(split) => Some(players.of_feature(split.feature)),
            Node::Leaf(_) => None,
        };
        let mut slots: Vec<u32> = tree.nodes.iter().filter_map(player).collect();
        slots.sort_unstable();
        slots.dedup();
        let slot = |node| player(node).and_then(|player| slots.binary_search(&player).ok()).unwrap_or(0) as u32;
        let slot_of = tree.nodes.iter().map(slot).collect();
        let mut leaves = 0;
        let ordinals = tree.nodes.iter().map(|node| {
            leaves += u32::from(matches!(node, Node::Leaf(_)));
            leaves.saturating_sub(1)
        });
        let ordinals: Vec<_> = ordinals.collect();
        let on_path = vec![ABSENT; slots.len()];
        let program = Program {
            steps: Vec::new(),
            splits: Vec::with_capacity(tree.nodes.len() - leaves as usize),
            by_letter: Vec::new(),
            slots,
            repeats: Vec::new(),
            depth: 0,
            distinct: 0,
            leaf_shares: vec![1.0; leaves as usize],
        };
        Self { tree, slot_of, ordinals, program, on_path, replaced: Vec::new(), reach: vec![1.0], distinct: 0 }
    }

    fn compile(mut self) -> Program {
        // No recursion: a tree may be a chain as long as it has nodes.
        let mut todo = vec![Todo::Enter(0)];
        while let Some(next) = todo.pop() {
            match next {
                Todo::Enter(node) => self.enter(node, &mut todo),
                Todo::Down(split, side) => self.down(split, side),
                Todo::Up { split, is_first } => self.up(split, is_first),
                Todo::Leave(split) => self.program.steps.push(Step::Leave(split)),
            }
        }
        self.program
    }

    fn enter(&mut self, node: usize, todo: &mut Vec<Todo>) {
        let Node::Split(split) = &self.tree.nodes[node] else { return };
        let children = [split.left as usize, split.right as usize];
        let ratios = ratios(children.map(|child| self.tree.nodes[child].cover()));
        let (slot, depth) = (self.slot_of[node], self.replaced.len());
        let OnPath { share: before, last } = self.on_path[slot as usize];
        let leaves = children.map(|child| matches!(self.tree.nodes[child], Node::Leaf(_)).then(|| self.ordinals[child]));
        let at = self.program.splits.len() as u32;
        for (leaf, ratio) in leaves.iter().zip(ratios) {
            if let Some(leaf) = leaf {
                self.program.leaf_shares[*leaf as usize] = self.reach[depth] * ratio;
            }
        }
        self.program.depth = self.program.depth.max(depth + 1);
        self.program.distinct = self.program.distinct.max(self.distinct + usize::from(last.is_none()));
        let test = self.test(split);
        let repeat = self.program.repeats.len() as u32;
        self.program.splits.push(SplitPlan { test, slot, depth: depth as u32, last, repeat, before, ratios, leaves });
        self.program.steps.push(Step::Arrive(at));
        if last.is_some() {
            self.program.repeats.push(before);
            todo.push(Todo::Leave(at));
        }
        let inner = [LEFT, RIGHT].into_iter().filter(|&side| leaves[side].is_none());
        let first = inner.clone().next().filter(|_| leaves == [None, None]);
        for side in inner.rev() {
            todo.extend([Todo::Up { split: at, is_first: first == Some(side) }, Todo::Enter(children[side])]);
            todo.push(Todo::Down(at, side));
        }
    }

    fn down(&mut self, at: u32, side: usize) {
        let SplitPlan { slot, depth, before, ratios, last, .. } = self.program.splits[at as usize];
        let changed = OnPath { share: before * ratios[side], last: Some(depth) };
        self.replaced.push(std::mem::replace(&mut self.on_path[slot as usize], changed));
        self.reach.push(self.reach[depth as usize] * ratios[side]);
        self.distinct += usize::from(last.is_none());
        self.program.steps.push(Step::Down(at, side as u8));
    }

    fn up(&mut self, at: u32, is_first: bool) {
        let SplitPlan { slot, last, .. } = self.program.splits[at as usize];
        self.on_path[slot as usize] = self.replaced.pop().unwrap_or(ABSENT);
        self.reach.pop();
        self.distinct -= usize::from(last.is_none());
        self.program.steps.push(Step::Up { split: at, is_first });
    }

    fn test(&mut self, split: &Split) -> Test {
        match split.condition {
            Condition::Threshold(threshold) if split.missing == MissingRule::Nan => {
                Test::AtMost { feature: split.feature, threshold, default_left: split.default_left }
            }
            _ => {
                self.program.by_letter.push(split.clone());
                Test::ByLetter { feature: split.feature, split: self.program.by_letter.len() as u32 - 1 }
            }
        }
    }
}

/// The shares that two children have in the cover of both; halves where there is none, or too much to add up.
pub(super) fn ratios([left, right]: [f64; 2]) -> [f64; 2] {
    let whole = left + right;
    if whole > 0.0 && whole.is_finite() { [left / whole, right / whole] } else { [0.5; 2] }
}
