//! Training: on threads of its own, while the caller's thread serves callbacks and interrupts.

use crate::callables::{PythonLoss, PythonMetric, Raised};
use crate::dataset::Dataset;
use crate::error::{exception, of_panic};
use crate::like::Like;
use crate::model::Model;
use crate::pool::on_pool;
use pyo3::prelude::*;
use sapwood::boost::{PresetReport, RoundReport, Since};
use sapwood::objective::CustomObjective;
use sapwood::{Observer, Params, Result, Trained, Trainer};
use sapwood_score::Link;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long Ctrl-C may go unnoticed.
const INTERRUPTS: Duration = Duration::from_millis(50);

/// A metric of the caller's: its name, whether larger is better, and the function.
type NamedMetric = (String, bool, Py<PyAny>);

/// Data set, metric and value, of a round.
pub type Values = Vec<(String, String, f64)>;

/// A model, the values of all rounds, warnings, and notes.
type Outcome = (Model, Vec<Values>, Vec<String>, Vec<String>);

/// What training is asked for besides parameters and data.
struct Request<'a> {
    params: Params,
    train: &'a Dataset,
    valid: Vec<(String, &'a Dataset)>,
    initial: Option<sapwood::Model>,
    objective: Option<(String, f64, Arc<Py<PyAny>>)>,
    metrics: Vec<NamedMetric>,
    /// When it was asked for.
    begun: Instant,
}

/// Parameters from names and texts, and sentences on those without effect.
///
/// # Errors
/// An unknown name, or a value that is none.
pub fn parsed(params: Vec<(String, String)>) -> PyResult<(Params, Vec<String>)> {
    let (params, notes) = Params::from_pairs(params).map_err(exception)?;
    Ok((params, notes.iter().map(ToString::to_string).collect()))
}

/// Trains a model. `on_round` is called on this thread after every round with its number and values, and ends training by `False`. Gives the
/// model, the values of all rounds, warnings, and notes.
#[pyfunction]
#[pyo3(signature = (params, train, valid, initial=None, objective=None, metrics=Vec::new(), on_round=None))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
pub fn train(
    py: Python<'_>,
    params: Vec<(String, String)>,
    train: Py<Dataset>,
    valid: Vec<(String, Py<Dataset>)>,
    initial: Option<Py<Model>>,
    objective: Option<(String, f64, Py<PyAny>)>,
    metrics: Vec<NamedMetric>,
    on_round: Option<Py<PyAny>>,
) -> PyResult<Outcome> {
    let begun = Instant::now();
    let (params, mut notes) = parsed(params)?;
    let request = Request {
        params,
        train: train.get(),
        valid: valid.iter().map(|(name, data)| (name.clone(), data.get())).collect(),
        initial: initial.map(|model| model.get().scorer.model().clone()),
        objective: objective.map(|(name, base_score, function)| (name, base_score, Arc::new(function))),
        metrics,
        begun,
    };
    let raised = Raised::default();
    let trained = served(py, &raised, on_round.as_ref(), |observer| request.train(&raised, observer));
    // What the caller's own functions raised comes first: it is the cause of what follows.
    if let Some(error) = raised.take() {
        return Err(error);
    }
    let trained = trained?.map_err(exception)?;
    let history = trained.history.into_iter().map(|report| report.values).collect();
    let told =
        |report: &PresetReport| report.plan.of_time.iter().chain(&report.plan.choices).map(ToString::to_string).collect::<Vec<_>>();
    notes.extend(trained.preset.iter().flat_map(told));
    Ok((Model::new(trained.model)?, history, trained.warnings, notes))
}

/// The data with the classes in the order that parameters ask for.
///
/// # Errors
/// A class that there is not.
pub fn with_positive_class(data: sapwood::Dataset, params: &Params) -> Result<sapwood::Dataset> {
    match &params.positive_class {
        Some(class) => data.with_positive_class(class),
        None => Ok(data),
    }
}

impl Request<'_> {
    /// Trains, on threads of its own.
    fn train(self, raised: &Raised, observer: &mut Rounds) -> Result<Trained> {
        let nthread = self.params.nthread;
        on_pool(nthread, move || self.train_here(raised, observer))?
    }

    fn train_here(self, raised: &Raised, observer: &mut Rounds) -> Result<Trained> {
        let data = with_positive_class(self.train.engine_for(self.initial.as_ref())?, &self.params)?;
        let held = data.hold_out(&self.params)?;
        let (train, held) = held.map_or((data, None), |held| (held.train, Some(held.validation)));
        let valid = self.valid.iter().map(|(name, valid)| {
            let valid = valid.engine(Some(Like::training_data(&train))).map_err(|error| error.within(name))?;
            let unknown = valid.unknown_levels();
            Ok((name, with_positive_class(valid, &self.params)?.with_warnings(unknown)))
        });
        let mut valid: Vec<_> = valid.collect::<Result<_>>()?;
        let held_name = "validation".to_string();
        valid.extend(held.map(|held| (&held_name, held)));
        let link = if self.objective.is_some() { Link::Identity } else { self.params.objective.link() };
        let sets = valid.len() + 1;
        let mut trainer = Trainer::new(self.params);
        for (name, data) in &valid {
            trainer = trainer.validation(name, data);
        }
        if let Some(model) = self.initial {
            trainer = trainer.init_model(model);
        }
        if let Some((name, base_score, function)) = self.objective {
            let raised = raised.clone();
            let make = move || Box::new(PythonLoss::new(Arc::clone(&function), base_score, raised.clone())) as _;
            trainer = trainer.custom_objective(CustomObjective::new(name, Link::Identity, make));
        }
        for (name, higher_is_better, function) in self.metrics {
            let raised = raised.clone();
            let metric = PythonMetric { name, higher_is_better, function, link, raised, calls: Mutex::new(0), sets };
            trainer = trainer.metric(Arc::new(metric));
        }
        let clock = Since::new(self.begun);
        let mut trained = trainer.clock(&clock, Duration::ZERO).fit_observed(&train, observer)?;
        trained
            .warnings
            .extend(valid.iter().flat_map(|(name, data)| data.warnings().iter().map(move |told| format!("{name}: {told}"))));
        Ok(trained)
    }
}

/// Runs `work` on a thread of its own, and on this one serves what it tells, until it has ended.
///
/// # Errors
/// What the callback raised, or an interrupt.
pub fn served<T: Send>(
    py: Python<'_>,
    raised: &Raised,
    on_round: Option<&Py<PyAny>>,
    work: impl FnOnce(&mut Rounds) -> Result<T> + Send,
) -> PyResult<Result<T>> {
    let (tell, told) = sync_channel(1);
    let (answer, answers) = sync_channel(1);
    let stop = AtomicBool::new(false);
    py.detach(|| {
        std::thread::scope(|scope| {
            let stop = &stop;
            let raised = raised.clone();
            let waits = on_round.is_some();
            let thread = scope.spawn(move || {
                let mut observer = Rounds { tell, answers: waits.then_some(answers), stop, raised };
                work(&mut observer)
            });
            let served = serve(&told, &answer, on_round);
            stop.store(served.is_err(), Ordering::Relaxed);
            // The trainer may be waiting for an answer.
            drop(answer);
            drop(told);
            let worked = thread.join().map_err(|_| of_panic())?;
            served.map(|()| worked)
        })
    })
}

/// Answers until nobody asks any more.
fn serve(told: &Receiver<RoundReport>, answer: &SyncSender<bool>, on_round: Option<&Py<PyAny>>) -> PyResult<()> {
    loop {
        match told.recv_timeout(INTERRUPTS) {
            Ok(report) => {
                let goes_on = Python::attach(|py| {
                    py.check_signals()?;
                    let RoundReport { round, values } = report;
                    on_round.map_or(Ok(true), |on_round| on_round.call1(py, (round, values))?.extract(py))
                })?;
                // Where nobody waits for it, the trainer has ended.
                let _ = answer.send(goes_on);
            }
            Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals())?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// Tells rounds to the caller's thread.
pub struct Rounds<'a> {
    tell: SyncSender<RoundReport>,
    /// Whether training goes on, if anybody is there to say it.
    answers: Option<Receiver<bool>>,
    /// Set when the caller waits no longer.
    stop: &'a AtomicBool,
    raised: Raised,
}

impl Rounds<'_> {
    /// Set when the caller waits no longer.
    pub fn stop(&self) -> &AtomicBool {
        self.stop
    }
}

impl Observer for Rounds<'_> {
    fn member_round(&mut self, _: usize, _: &RoundReport) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn round(&mut self, report: &RoundReport) -> bool {
        if self.raised.is_some() || self.stop.load(Ordering::Relaxed) {
            return false;
        }
        match &self.answers {
            None => true,
            Some(answers) => self.tell.send(report.clone()).is_ok() && answers.recv().unwrap_or(false),
        }
    }
}
