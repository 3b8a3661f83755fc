//! The rounds of a job: what is printed of them, and what is kept for a job that is started again.

use crate::cache::{self, Cache};
use crate::checkpoints::Checkpoints;
use crate::inputs::{Inputs, Loaded};
use crate::log::Log;
use crate::member_checkpoints::MemberCheckpoints;
use crate::memory;
use crate::progress::Progress;
use crate::ranks;
use crate::signal::Signals;
use crate::stored_plan::StoredPlan;
use sapwood::boost::{Bins, InFile, Since};
use sapwood::preset::{Choice, Plan};
use sapwood::text::counted;
use sapwood::{Checkpoint, Dataset, Observer, Params, Profile, RoundReport};

/// Keeps binned data for the next job.
pub struct Keeper<'a> {
    pub cache: &'a Cache,
    pub inputs: &'a Inputs,
    pub params: &'a Params,
    pub data: &'a Loaded,
}

impl Keeper<'_> {
    fn keep(&self, bins: &Bins, log: &mut Log) {
        let now = cache::key(self.inputs, self.params).ok().flatten();
        let validation: Vec<(&str, &Dataset)> = self.data.validation.iter().map(|(name, set)| (name.as_str(), set)).collect();
        self.cache.store(&self.data.train, &validation, bins, now, log);
    }
}

/// Prints every round, writes checkpoints, and ends training when a signal has come.
pub struct Rounds<'a> {
    num_round: usize,
    /// Metrics are printed after the first of so many rounds, if not 0.
    period: usize,
    pub progress: Progress,
    keeper: Option<Keeper<'a>>,
    /// On the first host, if there are any.
    checkpoints: Option<&'a mut Checkpoints>,
    pub keeps_checkpoints: bool,
    pub of_members: Option<MemberCheckpoints>,
    /// What a time budget decided, and the clock that it goes by.
    pub stored: Option<(StoredPlan, Since)>,
    signals: &'a Signals,
    log: &'a mut Log,
    /// The checkpoint that training goes on from, if it may, and its rounds.
    pub origin: Option<(String, usize)>,
    /// Rounds of the model that training goes on from.
    pub before: usize,
    /// Rounds that are done after those.
    done: usize,
    last_line: String,
    pub stopped: Option<u8>,
    /// Whether a preset's members have been trained already when rounds are told.
    trains_members: bool,
}

impl<'a> Rounds<'a> {
    /// Rounds of a job with these parameters, of which nothing has been told yet.
    pub fn new(
        params: &Params,
        keeper: Option<Keeper<'a>>,
        checkpoints: Option<&'a mut Checkpoints>,
        signals: &'a Signals,
        log: &'a mut Log,
    ) -> Self {
        let progress = Progress::new(params.num_round, log);
        let period = if log.is_quiet() { 0 } else { params.verbose_eval.0 as usize };
        let (num_round, origin, last_line) = (params.num_round as usize, None, String::new());
        Self {
            num_round,
            period,
            progress,
            keeper,
            checkpoints,
            keeps_checkpoints: false,
            of_members: None,
            stored: None,
            signals,
            log,
            origin,
            before: 0,
            done: 0,
            last_line,
            stopped: None,
            trains_members: false,
        }
    }

    /// A job that cannot keep its plan goes on: only whoever starts it again is the worse for it.
    pub fn keep_plan(&mut self, plan: &Plan, is_complete: bool) {
        if let Some((stored, _)) = &mut self.stored
            && let Err(failure) = stored.keep(&plan.of_time, is_complete)
        {
            self.log.warning(&format!("could not keep the plan of the time budget: {failure}"));
        }
    }

    /// A job that cannot write checkpoints goes on: its model may still be saved.
    fn write_of_member(&mut self, member: &str, checkpoint: &Checkpoint) {
        let Some(of_members) = &mut self.of_members else { return };
        let written = of_members.write(member, checkpoint, self.log);
        let spent = self.stored.as_mut().map_or(Ok(()), |(stored, clock)| stored.spend(clock));
        if let Err(failure) = written.and(spent) {
            self.log.warning(&format!("could not write a checkpoint of {member}: {failure}"));
        }
    }

    fn print(&mut self, report: &RoundReport) {
        self.last_line = report.line();
        self.progress.line(&self.last_line);
    }
}

/// Where the time of a round went.
fn describe(round: usize, profile: &Profile) -> String {
    let phases: Vec<_> = profile.seconds().map(|(phase, seconds)| format!("{phase} {:.1} ms", 1e3 * seconds)).collect();
    let Profile { rows_visited, histogram_adds, .. } = profile;
    let rate = 1e-9 * profile.adds_per_second();
    format!(
        "round {round}: {}; {rows_visited} rows visited, {histogram_adds} histogram adds at {rate:.2} billion a second",
        phases.join(", ")
    )
}

impl Observer for Rounds<'_> {
    fn planned(&mut self, plan: &Plan) {
        plan.of_time.iter().chain(&plan.choices).for_each(|choice| self.log.info(&choice.to_string()));
        self.keep_plan(plan, false);
        self.trains_members = true;
    }

    fn chosen(&mut self, choice: &Choice) {
        self.progress.aside(|| self.log.info(&choice.to_string()));
    }

    fn member_round(&mut self, _: usize, _: &RoundReport) -> bool {
        self.stopped = self.signals.received();
        self.stopped.is_none()
    }

    fn binned(&mut self, bins: &Bins) {
        if let Some(InFile { place, bytes, .. }) = bins.in_file() {
            self.log.note(&format!(
                "memory has no room for all bins: {} MiB of them are in a file under {} (TMPDIR), to be read again for every level of every tree",
                bytes.div_ceil(1 << 20),
                place.display()
            ));
        }
        if let Some(keeper) = self.keeper.take() {
            keeper.keep(bins, self.log);
        }
    }

    fn resuming(&mut self) {
        if let Some((path, rounds)) = &self.origin {
            let there = counted(*rounds, "round");
            self.log.note(&if *rounds > self.num_round {
                format!("{path}: holds {there}, of which num_round={} keeps the first {}", self.num_round, self.num_round)
            } else {
                format!("{path}: resuming after {there}")
            });
        }
    }

    fn started(&mut self, warnings: &[String]) {
        self.signals.defer();
        // What reading and binning needed is free, and training is about to need as much.
        memory::give_back();
        warnings.iter().for_each(|text| self.log.warning(text));
    }

    /// A job that cannot write checkpoints goes on: its model may still be saved.
    fn wants_member_checkpoint(&mut self, member: &str) -> bool {
        let Some(of_members) = &mut self.of_members else { return false };
        match of_members.is_due(member, self.log) {
            Ok(is_due) => is_due || self.stopped.is_some(),
            Err(failure) => {
                self.log.warning(&format!("could not write a checkpoint of {member}: {failure}"));
                false
            }
        }
    }

    fn member_checkpoint(&mut self, member: &str, checkpoint: &Checkpoint) {
        self.write_of_member(member, checkpoint);
    }

    fn member_ended(&mut self, member: &str, checkpoint: &Checkpoint) {
        self.write_of_member(member, checkpoint);
    }

    fn profiled(&mut self, round: usize, profile: &Profile) {
        self.progress.aside(|| self.log.debug(|| describe(round, profile)));
    }

    fn round(&mut self, report: &RoundReport) -> bool {
        self.done = report.round + 1 - self.before;
        self.progress.advance_to(self.done);
        if self.period > 0 && report.round.is_multiple_of(self.period) {
            self.print(report);
        }
        if self.trains_members {
            return true;
        }
        // One that came to any host. After the last round there is nothing left to cut short.
        let received = ranks::largest(self.signals.received().unwrap_or(0));
        self.stopped = Some(received).filter(|signal| *signal > 0 && self.done < self.num_round);
        self.stopped.is_none()
    }

    fn keeps_checkpoints(&self) -> bool {
        self.keeps_checkpoints
    }

    /// One now and then, one before a stopped job ends, and the last, for a job that wants more rounds.
    fn wants_checkpoint(&mut self) -> bool {
        let is_last = self.stopped.is_some() || self.done == self.num_round;
        self.checkpoints.as_ref().is_some_and(|checkpoints| is_last || checkpoints.is_due())
    }

    /// A job that cannot write checkpoints goes on: its model may still be saved.
    fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        if let Some(checkpoints) = &mut self.checkpoints
            && let Err(failure) = checkpoints.write(checkpoint)
        {
            let rounds = counted(checkpoint.rounds(), "round");
            self.progress.aside(|| self.log.warning(&format!("could not write a checkpoint after {rounds}: {failure}")));
        }
    }

    /// Whoever reads the log takes its last line for the model's quality, as SageMaker's tuner does.
    fn finished(&mut self, report: &RoundReport) {
        if report.line() != self.last_line && !self.log.is_silent() {
            self.print(report);
        }
    }
}
