//! Growing trees: which node is split next, and what becomes of its rows.

mod grower;
mod growth;
mod leaves;
mod node;
mod partition;

pub(crate) use grower::{TreeGrower, TreeInput};
pub(crate) use node::{GrownTree, Router};
pub(crate) use partition::{SideTable, partition};
