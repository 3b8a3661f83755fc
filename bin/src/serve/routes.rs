//! The routes of the hosting contract.

use super::Server;
use super::body;
use super::followed::FollowedBody;
use super::framing;
use super::invocation;
use super::metrics::{InUse, MEDIA_TYPE};
use super::models::Listed;
use super::open::{Connection, Phase};
use super::refusal::Refusal;
use axum::Extension;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, body::Body};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// Models that a list holds at most.
const PAGE: usize = 100;

/// All routes. Those about several models are there only where models come and go.
pub fn router(server: &Arc<Server>) -> Router {
    let mut router = Router::new()
        .route("/ping", get(ping))
        .route("/metrics", get(metrics))
        .route("/execution-parameters", get(execution_parameters))
        .route("/invocations", post(invoke_single));
    if server.settings.multi_model {
        router = router
            .route("/models", get(list).post(load))
            .route("/models/{name}", get(describe).delete(unload))
            .route("/models/{name}/invoke", post(invoke_named));
    }
    router
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(server.clone(), followed))
        .with_state(server.clone())
}

async fn no_route(request: Request) -> Refusal {
    let path = request.uri().path().to_string();
    Refusal::not_found(format!("no route {path}; send rows to POST /invocations, ask for GET /ping whether the server is up"))
}

async fn wrong_method(request: Request) -> Refusal {
    let (method, path) = (request.method(), request.uri().path());
    let text = format!("{path} does not take {method}; rows go to POST /invocations, GET /ping says whether the server is up");
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, text)
}

/// The model is loaded before the port is open, so whoever asks gets a yes.
async fn ping() -> StatusCode {
    StatusCode::OK
}

async fn metrics(State(server): State<Arc<Server>>) -> Result<Response, Refusal> {
    let now = InUse {
        requests: server.settings.slots + server.settings.queue - server.turns.available_permits(),
        body_bytes: server.bodies.taken(),
        answer_bytes: server.answers.taken(),
        connections: server.connections.count(),
        models: server.models.count(),
    };
    let text = server.metrics.text(&now).map_err(|error| Refusal::defect(format!("the metrics cannot be written: {error}")))?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}

async fn execution_parameters(State(server): State<Arc<Server>>) -> Response {
    let settings = &server.settings;
    json_response(&json!({
        "MaxConcurrentTransforms": settings.slots,
        "BatchStrategy": settings.batch_strategy,
        "MaxPayloadInMB": (settings.max_body >> 20).max(1),
    }))
}

async fn invoke_single(State(server): State<Arc<Server>>, request: Request) -> Response {
    match server.models.single() {
        Ok(model) => invocation::answer(&server, model, request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn invoke_named(State(server): State<Arc<Server>>, Path(name): Path<String>, request: Request) -> Response {
    match server.models.get(&name) {
        Ok(model) => invocation::answer(&server, model, request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// The body of `POST /models`.
#[derive(Deserialize)]
struct Load {
    model_name: String,
    url: String,
}

async fn load(State(server): State<Arc<Server>>, request: Request) -> Result<Response, Refusal> {
    let body = body::receive_small(&server, request.into_body()).await?;
    let Load { model_name, url } = serde_json::from_slice(&body)
        .map_err(|error| Refusal::bad_request(format!("the body must be {{\"model_name\": …, \"url\": …}}: {error}")))?;
    if model_name.is_empty() {
        return Err(Refusal::bad_request("model_name is empty"));
    }
    let shared = server.clone();
    // To its end even if the client goes away: what was begun must not stay half done.
    let loading = tokio::task::spawn_blocking(move || {
        let model = shared.models.load(&model_name, &url, &shared.settings)?;
        shared.log.info(&format!("loaded {model_name}: {}", model.describe()));
        Ok(json!({ "status": format!("Model \"{}\" loaded", model.name) }))
    });
    let outcome: Result<Value, Refusal> = loading.await.map_err(|error| Refusal::defect(error.to_string()))?;
    Ok(json_response(&outcome?))
}

async fn unload(State(server): State<Arc<Server>>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let model = server.models.unload(&name)?;
    server.log.info(&format!("unloaded {name}"));
    // Takes some milliseconds where nobody else has it.
    tokio::task::spawn_blocking(|| drop(model));
    Ok(json_response(&json!({ "status": format!("Model \"{name}\" unregistered") })))
}

async fn describe(State(server): State<Arc<Server>>, Path(name): Path<String>) -> Result<Response, Refusal> {
    Ok(json_response(&listed(&server.models.describe_one(&name)?)))
}

/// The query of `GET /models`.
#[derive(Deserialize)]
struct Page {
    limit: Option<usize>,
    /// The last name of the page before.
    #[serde(alias = "nextPageToken")]
    next_page_token: Option<String>,
}

async fn list(State(server): State<Arc<Server>>, Query(page): Query<Page>) -> Response {
    let (models, more) = server.models.list(page.next_page_token.as_deref(), page.limit.unwrap_or(PAGE).clamp(1, PAGE));
    let mut answer = json!({ "models": models.iter().map(listed).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, models.last()) {
        answer["nextPageToken"] = json!(last.name);
    }
    json_response(&answer)
}

fn listed(model: &Listed) -> Value {
    json!({ "modelName": model.name, "modelUrl": model.url })
}

fn json_response(value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Follows a request on its connection: counts it, and reports what was refused, or everything where `SAPWOOD_LOG` says debug.
async fn followed(
    State(server): State<Arc<Server>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, path, start) = (request.method().clone(), request.uri().path().to_string(), Instant::now());
    let request = request.map(|body| FollowedBody::wrap(body, Phase::Answering, &connection));
    let response = match framing::check(connection.is_clear(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused_for_good(refusal, request).await,
    };
    let status = response.status().as_u16();
    server.metrics.count_request(&path, status, start.elapsed());
    if let Some(refusal) = response.extensions().get::<Refusal>() {
        server.log.incident(&format!("{method} {path} {status}: {}", refusal.message));
    }
    server.log.debug(|| format!("{method} {path} {status} in {:.3} ms", 1e3 * start.elapsed().as_secs_f64()));
    response.map(|body| FollowedBody::wrap(body, Phase::Flushing, &connection))
}

/// Refuses a request after which nothing on its connection can be trusted.
async fn refused_for_good(refusal: Refusal, request: Request) -> Response {
    body::drain(request.into_body()).await;
    let mut response = refusal.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
