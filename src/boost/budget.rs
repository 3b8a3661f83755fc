//! [`Budget`]: which members of a preset there is time for, and when the time is over.
//!
//! Whatever the clock decides is a number that the plan keeps, so that the plan makes the same model again: how many folds are learnt from, counted
//! from the first one. Members of later folds that have ended, and those that had not ended, are dropped.

use super::clock::Clock;
use super::events::Observer;
use super::report::RoundReport;
use crate::Error;
use crate::numeric::Short;
use crate::params::{ParamValue, Seconds};
use crate::preset::Pace;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Of the time, what the clock that is only read between rounds, writing files and ending the process may take.
const MARGIN: f64 = 0.03;

/// Of the time that is left, what timing rounds should take, the most that timing a few may take, and how many these are; and the most rounds.
const OF_PROBE: f64 = 0.04;
const OF_FEW: f64 = 0.15;
const FEW: usize = 4;
const MOST_PROBED: usize = 20;

/// The least time that is named when there is too little has so much to spare.
const SLACK: f64 = 1.2;

/// How long things take, in seconds, on all threads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Paces {
    /// Beginning a member.
    pub beginning: f64,
    /// A round.
    pub round: f64,
    /// What a round takes when the member has ended: its trees score the rows that it holds out.
    pub scoring: f64,
    /// What a member takes when all have ended: metrics and the like.
    pub ending: f64,
    /// What a round takes then: writing its trees.
    pub writing: f64,
}

impl Paces {
    /// For the planning.
    pub fn pace(&self) -> Pace {
        Pace { model: self.beginning + self.ending, round: self.round + self.scoring + self.writing }
    }
}

/// The time that training may take.
pub(super) struct Budget<'c> {
    clock: &'c dyn Clock,
    /// When members have to have ended, in seconds of the clock, but for what comes behind them.
    end: f64,
    pub paces: Paces,
    threads: usize,
    ended: Mutex<Ended>,
}

/// Members that have ended.
#[derive(Clone, Copy, Default)]
struct Ended {
    members: usize,
    rounds: usize,
    /// What they took in seconds, times the threads of each.
    work: f64,
}

impl<'c> Budget<'c> {
    /// Training that has to end so long after the clock began, but for so much that the caller needs.
    pub fn new(clock: &'c dyn Clock, time: Duration, reserved: Duration, threads: usize) -> Self {
        let end = time.as_secs_f64() * (1.0 - MARGIN) - reserved.as_secs_f64();
        Self { clock, end, paces: Paces::default(), threads, ended: Mutex::default() }
    }

    /// Seconds since the clock began.
    pub fn now(&self) -> f64 {
        self.clock.elapsed().as_secs_f64()
    }

    /// Seconds that are left.
    pub fn left(&self) -> f64 {
        self.end - self.now()
    }

    /// That there is no time for one round.
    pub fn too_small(&self, time: Duration) -> Error {
        let Paces { beginning, round, scoring, ending, writing } = self.paces;
        let (so_far, rest) = (self.now(), beginning + round + scoring + ending + writing);
        let reserved = time.as_secs_f64() * (1.0 - MARGIN) - self.end;
        let least = SLACK * (so_far + rest + reserved) / (1.0 - MARGIN);
        let digits = if least < 10.0 { 10.0 } else { 1.0 };
        let cause = format!(
            "time_budget={} is too short: reading and binning the data and timing a round took {} s, and one round of one model takes {} s",
            Seconds(time).render(),
            Short(so_far),
            Short(rest + reserved)
        );
        let remedy = format!("give at least {}s, or fewer rows", (least * digits).ceil() / digits);
        Error::parameter(cause).with_parameter("time_budget").with_remedy(remedy)
    }

    /// Learns how long things take.
    pub fn learn(&mut self, paces: Paces) {
        self.paces = paces;
    }

    fn ended(&self) -> Ended {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What comes behind the members that have ended and one more of so many rounds.
    fn behind(&self, ended: Ended, rounds: usize) -> f64 {
        (ended.members + 1) as f64 * self.paces.ending + (ended.rounds + rounds) as f64 * self.paces.writing
    }

    /// Whether another member is likely to end in time on so many threads. Of the first ones nothing is known but the plan.
    pub fn has_room(&self, threads: usize) -> bool {
        let ended = self.ended();
        let members = ended.members.max(1) as f64;
        let expected = ended.work / members / threads.max(1) as f64;
        expected + self.behind(ended, ended.rounds / ended.members.max(1)) <= self.left()
    }

    /// Whether a member on so many threads has to end now, with so many rounds.
    pub fn is_over(&self, rounds: usize, threads: usize) -> bool {
        let slower = self.threads as f64 / threads.max(1) as f64;
        rounds as f64 * self.paces.scoring * slower + self.behind(self.ended(), rounds) >= self.left()
    }

    /// A member has ended that was begun then.
    pub fn end(&self, begun: f64, rounds: usize, threads: usize) {
        let took = self.now() - begun;
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.members += 1;
        ended.rounds += rounds;
        ended.work += took * threads as f64;
    }
}

/// Times the rounds of a member that is of no other use, and ends it.
pub(super) struct Probe<'b> {
    budget: &'b Budget<'b>,
    until: f64,
    /// The same for the first few rounds.
    few_until: f64,
    /// When the first round began, and when each ended.
    pub marks: Vec<f64>,
}

impl<'b> Probe<'b> {
    /// One that begins now.
    pub fn new(budget: &'b Budget<'b>) -> Self {
        let (now, left) = (budget.now(), budget.left().max(0.0));
        Self { budget, until: now + OF_PROBE * left, few_until: now + OF_FEW * left, marks: Vec::new() }
    }

    /// The seconds of a round. The first one, which takes memory that others find in place, counts only if it is alone.
    pub fn round(&self) -> f64 {
        match &self.marks[..] {
            [begun, ended] => ended - begun,
            [_, first, .., last] => (last - first) / (self.marks.len() - 2) as f64,
            _ => 0.0,
        }
    }
}

impl Observer for Probe<'_> {
    fn started(&mut self, _: &[String]) {
        self.marks.push(self.budget.now());
    }

    fn round(&mut self, _: &RoundReport) -> bool {
        let now = self.budget.now();
        self.marks.push(now);
        let rounds = self.marks.len() - 1;
        now < if rounds < FEW { self.few_until } else { self.until } && rounds < MOST_PROBED
    }
}
