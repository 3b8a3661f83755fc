//! Damaged bodies, sent to the server.

use super::Plan;
use super::damage::damaged;
use crate::serve::client::Server;
use crate::serve::forms::{Request, Rows};
use crate::serve::models::{census, sparse, tree};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a server may take that is sent bodies of less than a megabyte, one at a time; KiB.
const MOST_MEMORY: u64 = 400 << 10;
/// How long SageMaker waits for an answer to `/ping`.
const PING_TIME: Duration = Duration::from_secs(2);

/// A server and the bodies that its model reads, by content type.
struct Target {
    server: Server,
    bodies: Vec<(&'static str, Vec<Vec<u8>>)>,
}

impl Target {
    fn new(model: &str, requests: Vec<Request>) -> Self {
        let mut bodies = BTreeMap::<_, Vec<_>>::new();
        requests.into_iter().for_each(|(_, content_type, body)| bodies.entry(content_type).or_default().push(body));
        Self { server: Server::of(tree(), model, &[], &[]), bodies: bodies.into_iter().collect() }
    }
}

fn numbers() -> Rows {
    let names = (0..4).map(|at| format!("f{at}")).collect();
    let cells = (0..6).map(|row| (0..4).map(|at| format!("{}.5", row + at)).collect()).collect();
    Rows { names, cells }
}

#[test]
fn requests() {
    let (names, cells) = census(3);
    let mut with_labels = numbers().requests_of_numbers();
    with_labels.push(("libsvm with labels", "text/libsvm", sparse(5, true).into_bytes()));
    let targets = [Target::new("adult", Rows { names, cells }.requests_by_name()), Target::new("sparse", with_labels)];
    let kinds: Vec<_> =
        targets.iter().flat_map(|target| target.bodies.iter().map(move |(kind, bodies)| (target, *kind, bodies))).collect();
    for (target, kind, bodies) in &kinds {
        bodies.iter().for_each(|body| drop(target.server.post(kind, "text/csv", body).is(200, &[])));
    }
    let plan = Plan::of(2000);
    let (mut tally, done) = (BTreeMap::<u16, usize>::new(), AtomicBool::new(false));
    let slowest = std::thread::scope(|scope| {
        let pings = scope.spawn(|| ping(&targets, &done));
        let finished = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for number in plan.numbers() {
                let (target, kind, bodies) = kinds[number % kinds.len()];
                let status = send(&plan, number, &target.server, kind, bodies);
                *tally.entry(status).or_default() += 1;
            }
        }));
        done.store(true, Ordering::Relaxed);
        let slowest = pings.join().unwrap();
        finished.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        slowest
    });
    let memory = targets.each_ref().map(|target| target.server.most_memory());
    println!(
        "{} damaged requests of {} kinds (seed {}): {tally:?}; at most {} MiB; slowest /ping {slowest:?}",
        plan.numbers().len(),
        kinds.len(),
        plan.seed,
        memory.iter().max().unwrap() >> 10
    );
    assert!(memory.iter().all(|&memory| memory < MOST_MEMORY), "{memory:?} KiB");
    if plan.only.is_none() {
        let count = |statuses: &[u16]| statuses.iter().filter_map(|status| tally.get(status)).sum::<usize>();
        assert!(
            count(&[200]) > plan.count / 100 && count(&[400, 415]) > plan.count / 10,
            "the damage is not worth its name: {tally:?}"
        );
    }
}

/// Sends one input; its status.
fn send(plan: &Plan, number: usize, server: &Server, kind: &str, bodies: &[Vec<u8>]) -> u16 {
    const ACCEPT: [&str; 4] = ["application/json", "text/csv", "application/jsonlines", "application/x-recordio-protobuf"];
    let body = damaged(plan.seed, number, bodies);
    let accept = ACCEPT[number / 16 % ACCEPT.len()];
    let answer = server.post(kind, accept, &body);
    let again = plan.again("requests", number);
    assert!([200, 204, 400, 413, 415].contains(&answer.status), "{kind}: {answer:#?}\n{again}");
    if answer.status == 200 && accept == ACCEPT[0] {
        serde_json::from_str::<serde_json::Value>(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:#?}\n{again}"));
    }
    answer.status
}

/// Asks all servers whether they are well until `done`; the longest time to an answer.
fn ping(targets: &[Target], done: &AtomicBool) -> Duration {
    let mut slowest = Duration::ZERO;
    while !done.load(Ordering::Relaxed) {
        for target in targets {
            let start = Instant::now();
            target.server.get_within("/ping", PING_TIME).is(200, &[]);
            slowest = slowest.max(start.elapsed());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    slowest
}
