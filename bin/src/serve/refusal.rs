//! Answers to requests that get no prediction.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sapwood::text::shown;
use sapwood::{Error, ErrorKind};
use sapwood_readers::Encoding;

/// Why a request gets no prediction: a status, and a text for whoever sent it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// 4xx where the client can mend it, 5xx where it cannot.
    pub status: StatusCode,
    /// The cause first, then the place, then the remedy.
    pub message: String,
}

/// The longest message, bytes.
const LONGEST: usize = 4000;

impl Refusal {
    /// A refusal with a status of its own.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        // One line, and not as long as what a client may put into it.
        let message: String = message.into();
        Self { status, message: shown(&message[..message.floor_char_boundary(LONGEST)]).into_owned() }
    }

    /// 400: the request is understood and wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404: no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 500: a defect.
    pub fn defect(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// What an error about a body's content means: `encoding` is what the body was taken for.
    pub fn of_content(encoding: Encoding, error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Internal => Self::defect(error.to_string()),
            // What cannot be read is not what its type says, the built-in XGBoost says of its formats. JSON it does not read, and clients
            // of everything else expect that it is a bad request; what can be read and does not fit the model is one everywhere.
            ErrorKind::Data => {
                let status = match encoding {
                    Encoding::Json | Encoding::JsonLines => StatusCode::BAD_REQUEST,
                    _ => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                };
                Self::new(status, format!("Loading {} data failed: {error}", encoding.word()))
            }
            _ => Self::bad_request(error.to_string()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(format!("{}\n", self.message)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // For the log.
        response.extensions_mut().insert(self);
        response
    }
}
