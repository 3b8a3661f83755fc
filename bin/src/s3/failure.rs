//! What S3 and the way to it say when something goes wrong, in words that say what to do.

use super::uri::Uri;
use crate::report::Failure;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;

/// What those need who write an object.
pub const WRITES: &str = "s3:PutObject";

/// What happens to objects that others write to.
pub const CHANGED: &str = "it changed while it was read; try again when no one is writing to it";

/// The failure of a request about `uri`, for which the permission `action` is needed.
pub fn failed<E>(uri: &Uri, action: &str, error: &SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    Failure::user(format!("{uri}: {}", cause(uri, action, error)))
}

/// The same without the URI in front.
pub fn cause<E>(uri: &Uri, action: &str, error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(response) = error.raw_response() else { return unreachable_store(error) };
    let status = response.status().as_u16();
    let code = error.code().unwrap_or_default();
    if response.status().is_success() {
        let why = innermost(error);
        return format!(
            "the store's answer cannot be understood: {why}; check that AWS_ENDPOINT_URL_S3 is an S3 store and no proxy interferes"
        );
    }
    let said = match (code, error.message().unwrap_or_default()) {
        ("", _) => format!("S3 answered with status {status}"),
        (code, "") => code.to_string(),
        (code, message) => format!("{code}: {}", message.trim_end_matches('.')),
    };
    match (status, code) {
        (_, "NoSuchBucket") => format!("there is no bucket {}", uri.bucket),
        (_, "NoSuchKey" | "NotFound") => "there is no such object".to_string(),
        (412, _) | (_, "PreconditionFailed") => CHANGED.to_string(),
        (_, "InvalidObjectState") => format!("{said}; it is archived: restore it first (aws s3api restore-object)"),
        (_, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => {
            format!("{said}; check the credentials (AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_PROFILE)")
        }
        (403, _) if action == WRITES => format!("{said}; the credentials need the permission {action}"),
        (403, _) => format!("{said}; the credentials need the permission {action}, or there is no such object"),
        (301 | 400, "PermanentRedirect" | "AuthorizationHeaderMalformed") => {
            format!("{said}; set AWS_REGION to the region of the bucket")
        }
        _ => said,
    }
}

/// Whether the answer was that there is nothing.
pub fn is_missing<E>(error: &SdkError<E>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 404)
}

/// No answer came.
fn unreachable_store<E: Error + 'static>(error: &SdkError<E>) -> String {
    match chain(error).find_map(|error| error.downcast_ref::<CredentialsError>()) {
        Some(CredentialsError::CredentialsNotLoaded(_)) => {
            let profile = std::env::var("AWS_PROFILE").map_or_else(|_| String::new(), |name| format!(" (AWS_PROFILE={name})"));
            format!(
                "no AWS credentials found{profile}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile (AWS_PROFILE), or \
                 run on a machine with a role"
            )
        }
        Some(failure) => format!("the AWS credentials cannot be obtained: {}", innermost(failure)),
        None => format!(
            "S3 cannot be reached: {}; check the network, AWS_REGION and, for stores other than AWS, AWS_ENDPOINT_URL_S3",
            innermost(error)
        ),
    }
}

/// What lies behind an error.
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next;
        next = this.and_then(Error::source);
        this
    })
}
