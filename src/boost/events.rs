//! What a trainer tells while it works, and how it is told to stop.

use super::bins::Bins;
use super::checkpoint::Checkpoint;
use super::report::RoundReport;
use crate::Profile;
use crate::preset::{Choice, Plan};

/// Receives what happens during training. Methods are called between rounds, one at a time, on a thread of the trainer's.
pub trait Observer: Send {
    /// All data sets are binned: for whoever keeps the bins for the next run.
    fn binned(&mut self, _bins: &Bins) {}

    /// The checkpoint fits; next come the scores of its trees, which may take a while.
    fn resuming(&mut self) {}

    /// Training is about to begin, or to go on; `warnings` are about parameters and data.
    fn started(&mut self, _warnings: &[String]) {}

    /// The trees of a round are grown, `round` counted from 0; `profile` is of this round alone. Its metrics come next.
    fn profiled(&mut self, _round: usize, _profile: &Profile) {}

    /// A round is done. Return `false` to end training with this round; the model so far is kept.
    fn round(&mut self, _report: &RoundReport) -> bool {
        true
    }

    /// Whether checkpoints will be asked for: asked once, before the first round.
    fn keeps_checkpoints(&self) -> bool {
        false
    }

    /// Whether to be given a checkpoint after the round that was reported last.
    fn wants_checkpoint(&mut self) -> bool {
        false
    }

    /// Receives what was asked for.
    fn checkpoint(&mut self, _checkpoint: &Checkpoint) {}

    /// No round comes after those of this checkpoint: early stopping ended training, or all rounds are done. Called if [`Observer::keeps_checkpoints`].
    fn ended(&mut self, _checkpoint: &Checkpoint) {}

    /// A preset has chosen what was not given.
    fn planned(&mut self, _plan: &Plan) {}

    /// A preset has chosen more, by what models predict of the rows that they hold out.
    fn chosen(&mut self, _choice: &Choice) {}

    /// A model of a preset, which learns from this fold, has done a round. Return `false` to end training: the rounds of all models so far are kept. Several are
    /// trained side by side, and [`Observer::round`] tells later what came of all of them.
    fn member_round(&mut self, _fold: usize, _report: &RoundReport) -> bool {
        true
    }

    /// Whether to be given a checkpoint of a member, which bears this name, after the round of it that was reported last. Asked if
    /// [`Observer::keeps_checkpoints`].
    fn wants_member_checkpoint(&mut self, _member: &str) -> bool {
        false
    }

    /// Receives what was asked for.
    fn member_checkpoint(&mut self, _member: &str, _checkpoint: &Checkpoint) {}

    /// A member has all its rounds: whoever keeps checkpoints may keep this one, so that it need not be trained again. Called if
    /// [`Observer::keeps_checkpoints`].
    fn member_ended(&mut self, _member: &str, _checkpoint: &Checkpoint) {}

    /// Training ended; `report` belongs to the round that the model keeps as its last.
    fn finished(&mut self, _report: &RoundReport) {}
}

/// Listens to nothing.
impl Observer for () {}
