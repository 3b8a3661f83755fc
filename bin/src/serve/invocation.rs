//! One request for predictions, from its body to its answer.

use super::Server;
use super::answer::{Answer, Content};
use super::body::{self, Received};
use super::content::{self, Accept, Wanted};
use super::explanation::{Explanation, KINDS};
use super::model::Served;
use super::outgoing::Outgoing;
use super::refusal::Refusal;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sapwood::data::CancellationToken;
use sapwood::predict::{Output, predict};
use sapwood_readers::{Encoding, ReadOptions, read_request};
use std::sync::Arc;
use std::time::Duration;

/// The numbers that one answer may hold: rows can be shorter in a body than their predictions.
const MOST_VALUES: usize = 1 << 24;

/// Answers a request to `model`.
pub async fn answer(server: &Arc<Server>, model: Arc<Served>, request: Request) -> Response {
    match predictions(server, model, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn predictions(server: &Arc<Server>, model: Arc<Served>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let Received { bytes, place } = body::receive(server, &head.headers, body).await?;
    if bytes.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let encoding = content::encoding(&head.headers)?;
    let default = Wanted { form: Accept::like(encoding), explained: [false; KINDS.len()] };
    let wanted = Wanted::of(&head.headers, server.settings.default_accept.unwrap_or(default))?;
    let shared = server.clone();
    let answer = server.workers.run(move |token| {
        let answer = score(&shared, &model, bytes.into(), encoding, wanted, token);
        if token.check().is_err() {
            shared.log.debug(|| "a client left before its answer was ready".to_string());
        }
        drop(place);
        answer
    });
    let limit = server.settings.scoring_timeout;
    // Whoever stops waiting cancels it.
    let answer = tokio::time::timeout(limit, answer).await.map_err(|_| too_long(limit))?;
    let Some(answer) = answer? else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let media_type = HeaderValue::from_static(answer.media_type());
    let mut response = Response::new(answer.into_body());
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

fn too_long(limit: Duration) -> Refusal {
    let message = format!(
        "the answer was not ready after {} seconds; send fewer rows per request, add instances, or raise SAPWOOD_SCORING_TIMEOUT",
        limit.as_secs()
    );
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
}

/// Reads and scores a body; `None` if it is blank.
fn score(
    server: &Server,
    model: &Served,
    body: Arc<[u8]>,
    encoding: Encoding,
    wanted: Wanted,
    token: &CancellationToken,
) -> Result<Option<Outgoing>, Refusal> {
    let options = &ReadOptions { cancellation: token.clone(), ..model.options.clone() };
    let refuse = |error: sapwood::Error| Refusal::of_content(encoding, &error);
    let scorer = &model.scorer;
    let Some(data) = read_request(body, encoding, options, &model.input).map_err(refuse)? else { return Ok(None) };
    let refused = |error: sapwood_score::Error| Refusal::new(StatusCode::NOT_ACCEPTABLE, error.to_string());
    wanted.explanations().try_for_each(|kind| kind.check(scorer.model())).map_err(refused)?;
    let selection = model.selection.as_ref().map(|selection| selection.with_explanations(wanted.explanations()));
    let columns = match &selection {
        Some(selection) => selection.columns(scorer.model()),
        None => {
            let outputs = std::iter::once(Output::Value).chain(wanted.explanations());
            outputs.map(|output| output.columns(scorer.model())).fold(0, usize::saturating_add)
        }
    };
    if data.rows().saturating_mul(columns.max(scorer.num_outputs())) > MOST_VALUES {
        let message = format!("{} rows are too many for one answer; send fewer rows per request", data.rows());
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    let reservation = server.answers.reserve(data.rows().saturating_mul(columns.max(1)))?;
    let content = match &selection {
        Some(selection) => selection.score(scorer, &data).map(|selected| Content::Selected(Box::new(selected))),
        None => predict(scorer, &data, Output::Value).and_then(|predictions| {
            let explanations = wanted.explanations().map(|kind| Explanation::new(kind, scorer, &data));
            Ok(Content::Predictions(predictions, explanations.collect::<sapwood::Result<_>>()?))
        }),
    };
    token.check().map_err(refuse)?;
    server.metrics.count_rows(data.rows());
    let content = content.map_err(refuse)?;
    if content.rows() != data.rows() {
        return Err(Refusal::defect(format!("{} predictions for {} rows", content.rows(), data.rows())));
    }
    let answer = Answer::new(content, wanted.form);
    let answer = Outgoing::new(answer, reservation, server.settings.timeout).map_err(refuse)?;
    for note in data.notes().iter().cloned().chain(data.unknown_levels()) {
        server.log.debug(|| note);
    }
    data.warnings().iter().for_each(|warning| server.log.incident(warning));
    Ok(Some(answer))
}
