//! Content types as people write them, answers in the form of the request, and columns that ride along.

use crate::serve::client::Server;
use crate::serve::models::tree;

#[test]
fn container_390_short_content_types_are_known() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let row = "1,2,3,4\n";
    let expected = server.post("text/csv", "text/csv", row).is(200, &[]).body;
    for kind in ["csv", "CSV", "csv; charset=utf-8", "Csv;label_size=0"] {
        assert_eq!(server.post(kind, "csv", row).is(200, &[]).body, expected, "{kind}");
    }
    for kind in ["json", "JSON;charset=utf-8"] {
        assert_eq!(server.post(kind, "text/csv", "[1,2,3,4]").is(200, &[]).body, expected, "{kind}");
    }
    assert_eq!(server.post("jsonlines", "csv", "[1,2,3,4]").is(200, &[]).body, expected);
    server.post("parquet", "csv", row).is(415, &["Loading parquet data failed"]);
    server.post("csv", "json", row).is(200, &["{\"predictions\": [{\"score\": "]);
    server.post("csv", "jsonlines", row).is(200, &["{\"score\": "]);
    let sparse = Server::of(tree(), "sparse", &[], &[]);
    let expected = sparse.post("text/libsvm", "text/csv", "1:0.5 2:1").is(200, &[]).body;
    assert_eq!(sparse.post("LibSVM", "csv", "1:0.5 2:1").is(200, &[]).body, expected);
}

#[test]
fn answers_have_the_form_of_their_requests() {
    let server = Server::of(tree(), "amount", &[], &[]);
    for accept in ["", "*/*"] {
        server.post("application/json", accept, "[1,2,3,4]").is(200, &["{\"predictions\": [{\"score\": "]);
        server.post("application/jsonlines", accept, "[1,2,3,4]").is(200, &["{\"score\": "]);
        let csv = server.post("text/csv", accept, "1,2,3,4").is(200, &[]);
        assert!(csv.body.trim().parse::<f64>().is_ok(), "{csv:?}");
    }
    let set = Server::of(tree(), "amount", &[], &[("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")]);
    assert!(set.post("application/json", "*/*", "[1,2,3,4]").is(200, &[]).body.trim().parse::<f64>().is_ok());
}

#[test]
fn malformed_json_is_a_bad_request() {
    let server = Server::of(tree(), "amount", &[], &[]);
    for body in ["{\"a\": 1,", "[1,2,3,", "nonsense", "[[1,2,3,4]"] {
        server.post("application/json", "*/*", body).is(400, &["Loading json data failed"]);
    }
    server.post("application/jsonlines", "*/*", "[1,2,3,4]\n{").is(400, &["Loading jsonlines data failed", "request:2"]);
}

#[test]
fn columns_that_the_model_does_not_have_ride_along_where_that_is_allowed() {
    let (strict, lenient) = (Server::of(tree(), "adult", &[], &[]), Server::of(tree(), "adult", &["--extra-columns=ignore"], &[]));
    let variable = Server::of(tree(), "adult", &[], &[("SAPWOOD_EXTRA_COLUMNS", "Ignore")]);
    let (names, rows) = crate::serve::models::census(3);
    let body = |id: bool| {
        let lines = std::iter::once(&names).chain(&rows).enumerate();
        let line = |(at, cells): (usize, &Vec<String>)| match (id, at) {
            (true, 0) => format!("id,{}\n", cells.join(",")),
            (true, _) => format!("row {at},{}\n", cells.join(",")),
            _ => format!("{}\n", cells.join(",")),
        };
        lines.map(line).collect::<String>()
    };
    let expected = strict.post("text/csv", "text/csv", body(false)).is(200, &[]).body;
    strict.post("text/csv", "text/csv", body(true)).is(400, &["unknown column \"id\""]);
    for server in [&lenient, &variable] {
        assert_eq!(server.post("text/csv", "text/csv", body(true)).is(200, &[]).body, expected);
    }
    let object = |id: &str| {
        let members = names.iter().zip(&rows[0]).map(|(name, cell)| format!("{name:?}: {}", crate::serve::models::to_json(cell)));
        format!("{{{id}{}}}", members.collect::<Vec<_>>().join(", "))
    };
    let first = expected.lines().next().unwrap();
    strict.post("application/json", "text/csv", object("\"id\": [7], ")).is(400, &["unknown column \"id\""]);
    assert_eq!(lenient.post("application/json", "text/csv", object("\"id\": [7], ")).is(200, &[]).body.trim(), first);
}
