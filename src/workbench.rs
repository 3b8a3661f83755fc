//! The inner steps of training one by one, for the benchmarks under `benches/`. Not part of the API: anything here may change.

use crate::binning::{self, BinColumns, BinMapper, BinnedMatrix};
use crate::collective::Solo;
use crate::execution::Execution;
use crate::grow::{NodeRows, RowBins, SideTable};
use crate::histogram::{Histogram, HistogramBuilder, Pools, Quantised};
use crate::objective::GradientPair;
use crate::profile::Profiler;
use crate::simd::Simd;
use crate::split::{FeatureRules, NodeContext, SplitFinder, SplitInfo};
use crate::{Dataset, Params, Result};

/// A binned data set with quantised gradients.
pub struct Workbench {
    params: Params,
    mapper: BinMapper,
    matrix: BinnedMatrix,
    columns: BinColumns,
    quantised: Quantised,
    pools: Pools,
    simd: Simd,
    profiler: Profiler,
}

/// A node with its histogram.
pub struct NodeHistogram {
    histogram: Histogram,
    node: NodeContext,
}

impl Workbench {
    /// Bins the data and quantises the gradients.
    ///
    /// # Errors
    /// As training.
    pub fn new(params: Params, data: &Dataset, gradients: &[GradientPair]) -> Result<Self> {
        let simd = Simd::detect()?;
        let profiler = Profiler::new(1);
        let execution = Execution { simd, profiler: &profiler, ranks: &Solo };
        let (mapper, matrix) = binning::bin(data, &params, execution)?;
        let mut quantised = Quantised::new(0.0, 0.0, 1);
        quantised.fill(execution, gradients);
        let pools = Pools::new(&matrix, 1);
        let columns = BinColumns::of(&matrix);
        Ok(Self { params, mapper, matrix, columns, quantised, pools, simd, profiler })
    }

    /// Bins a data set anew.
    ///
    /// # Errors
    /// As training.
    pub fn bin(&self, data: &Dataset) -> Result<()> {
        binning::bin(data, &self.params, self.execution()).map(drop)
    }

    /// The histogram of some rows.
    pub fn histogram(&self, rows: &[u32]) -> NodeHistogram {
        let builder = HistogramBuilder {
            matrix: &self.matrix,
            gradients: &self.quantised,
            used: vec![true; self.matrix.tiles().len()],
            pools: &self.pools,
            execution: self.execution(),
        };
        let histogram = builder.build(rows, rows.len() as u64);
        let layout = self.matrix.layout(0);
        let node = NodeContext::root(histogram.totals(layout.slot, layout.value_bins, 1)[0], Vec::new(), rows.len() as u64);
        NodeHistogram { histogram, node }
    }

    /// Gives a histogram's memory back.
    pub fn recycle(&self, node: NodeHistogram) {
        self.pools.nodes.give(node.histogram.words);
    }

    /// Scans all features; the gain of the best split.
    pub fn scan(&self, node: &NodeHistogram) -> Option<f64> {
        self.best(node).map(|split| split.gain)
    }

    /// Partitions the rows of a node by its best split; how many go left.
    pub fn partition(&self, node: &NodeHistogram, rows: &mut [u32], spare: &mut [u32], sides: &mut [u8]) -> Option<usize> {
        let split = self.best(node)?;
        let table = SideTable::new(&split, &self.mapper.features()[split.feature as usize], self.matrix.layout(split.feature));
        let bins = RowBins { matrix: &self.matrix, columns: &self.columns, execution: self.execution() };
        Some(NodeRows::new(rows, spare, sides).partition(&bins, &table).0.rows.len())
    }

    fn best(&self, node: &NodeHistogram) -> Option<SplitInfo> {
        let features: Vec<u32> = (0..self.mapper.features().len() as u32).collect();
        let rules = FeatureRules::default();
        let finder = SplitFinder::new(&self.params, &rules, &self.mapper, &self.matrix, self.execution());
        let list = SplitFinder::lists(features.len());
        let found = finder.best(&node.node, &node.histogram, self.quantised.units, &features, list);
        found.best.map(|candidate| candidate.split)
    }

    fn execution(&self) -> Execution<'_> {
        Execution { simd: self.simd, profiler: &self.profiler, ranks: &Solo }
    }
}
