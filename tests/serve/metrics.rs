//! What Prometheus reads.

use super::client::Server;
use super::models::tree;

/// The value of a metric.
#[track_caller]
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
}

#[test]
fn requests_rows_and_what_is_in_flight_are_counted() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let before = server.get("/metrics").is(200, &[]);
    assert!(before.header("content-type").unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    assert_eq!(value(&before.body, "sapwood_models"), 1.0);
    server.csv("0,0,0,0\n1,1,1,1\n").is(200, &[]);
    server.csv("0,0,0\n").is(400, &[]);
    server.get("/somewhere").is(404, &[]);
    let text = server.get("/metrics").is(200, &[]).body;
    assert_eq!(value(&text, "sapwood_rows_total"), 2.0);
    assert_eq!(value(&text, "sapwood_http_requests_total{route=\"/invocations\",status=\"200\"}"), 1.0);
    assert_eq!(value(&text, "sapwood_http_requests_total{route=\"/invocations\",status=\"400\"}"), 1.0);
    assert_eq!(value(&text, "sapwood_http_requests_total{route=\"other\",status=\"404\"}"), 1.0);
    assert_eq!(value(&text, "sapwood_http_request_duration_seconds_count{route=\"/invocations\"}"), 2.0);
    assert!(value(&text, "sapwood_http_request_duration_seconds_sum{route=\"/invocations\"}") > 0.0);
    for gauge in ["requests_in_progress", "body_bytes", "answer_bytes"] {
        assert_eq!(value(&text, &format!("sapwood_{gauge}")), 0.0, "{gauge}");
    }
    assert!(value(&text, "sapwood_open_connections") >= 1.0);
    assert!(text.ends_with("# EOF\n"));
}
