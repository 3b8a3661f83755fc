//! Growing trees: which node is split next, and what becomes of its rows.

mod blocks;
mod distribute;
mod exchange;
mod expand;
mod grower;
mod growth;
mod in_turn;
mod lead;
mod leaf_order;
mod leaves;
mod linear;
mod node;
mod obstacle;
mod partition;
mod partition_batch;
mod refresh;
mod renewal;
mod router;
mod side;
mod workers;

pub(crate) use grower::{TreeGrower, TreeInput};
pub(crate) use lead::Led;
pub(crate) use linear::{LinearInput, LinearRule, fit_linear_leaves};
pub(crate) use node::GrownTree;
pub(crate) use obstacle::obstacle;
pub(crate) use partition::NodeRows;
pub(crate) use refresh::node_sums;
pub(crate) use renewal::renew_leaves;
pub(crate) use router::Router;
pub(crate) use side::{RowBins, SideTable};
