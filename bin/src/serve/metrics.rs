//! What Prometheus asks for: counters, latencies and what is in flight, in the OpenMetrics text format.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::time::Duration;

/// The content type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the latency buckets, seconds: a row takes less than a millisecond, a large body seconds.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

type Labels = Vec<(&'static str, String)>;

/// What is in use at a moment.
pub struct InUse {
    /// Requests that wait for a thread or are scored.
    pub requests: usize,
    /// Memory of bodies.
    pub body_bytes: u64,
    /// Memory of answers.
    pub answer_bytes: u64,
    /// Open connections.
    pub connections: usize,
    /// Loaded models.
    pub models: usize,
}

/// Everything that is counted or measured.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram>,
    rows: Counter,
    waiting: Gauge,
    body_bytes: Gauge,
    answer_bytes: Gauge,
    connections: Gauge,
    models: Gauge,
}

impl Metrics {
    /// Nothing was counted yet.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("sapwood"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            rows: Counter::default(),
            waiting: Gauge::default(),
            body_bytes: Gauge::default(),
            answer_bytes: Gauge::default(),
            connections: Gauge::default(),
            models: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("http_requests", "Requests answered, by route and status", metrics.requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Seconds from a request's head to the beginning of its answer, by route",
            metrics.seconds.clone(),
        );
        registry.register("rows", "Rows scored", metrics.rows.clone());
        registry.register("requests_in_progress", "Requests that wait for a thread or are scored", metrics.waiting.clone());
        registry.register("body_bytes", "Memory that request bodies take", metrics.body_bytes.clone());
        registry.register("answer_bytes", "Memory that answers take", metrics.answer_bytes.clone());
        registry.register("open_connections", "Connections that are open", metrics.connections.clone());
        registry.register("models", "Models that are loaded", metrics.models.clone());
        metrics
    }

    /// Counts an answered request.
    pub fn count_request(&self, path: &str, status: u16, time: Duration) {
        let route = vec![("route", route(path).to_string())];
        self.seconds.get_or_create(&route).observe(time.as_secs_f64());
        let labels = [route, vec![("status", status.to_string())]].concat();
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts rows that were scored.
    pub fn count_rows(&self, rows: usize) {
        self.rows.inc_by(rows as u64);
    }

    /// All metrics as text, with what is in use now.
    ///
    /// # Errors
    /// The text cannot be put together.
    pub fn text(&self, now: &InUse) -> Result<String, fmt::Error> {
        self.waiting.set(now.requests as i64);
        self.body_bytes.set(now.body_bytes as i64);
        self.answer_bytes.set(now.answer_bytes as i64);
        self.connections.set(now.connections as i64);
        self.models.set(now.models as i64);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A path as a label, of which there must be few.
fn route(path: &str) -> &'static str {
    match path {
        "/ping" => "/ping",
        "/metrics" => "/metrics",
        "/execution-parameters" => "/execution-parameters",
        "/invocations" => "/invocations",
        "/models" => "/models",
        _ if path.starts_with("/models/") && path.ends_with("/invoke") => "/models/{name}/invoke",
        _ if path.starts_with("/models/") => "/models/{name}",
        _ => "other",
    }
}
