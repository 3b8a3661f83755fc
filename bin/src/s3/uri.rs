//! [`Uri`]: `s3://bucket/key`.

use crate::report::Failure;
use std::fmt;
use std::path::Path;

/// A place in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// The bucket, or the ARN of an access point.
    pub bucket: String,
    /// The key of an object, or the beginning of several. May be empty.
    pub key: String,
}

impl Uri {
    /// The URI that stands where a path may stand. `None` if it is a path.
    ///
    /// # Errors
    /// A URI of something else, or one without a bucket.
    pub fn of(path: &Path) -> Result<Option<Self>, Failure> {
        let text = path.to_string_lossy();
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
        if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            return Ok(None);
        }
        if !scheme.eq_ignore_ascii_case("s3") {
            return Err(Failure::user(format!("{text}: data and models are read from files and s3:// URIs, not from {scheme}://")));
        }
        // The ARN of an access point holds a slash itself.
        let bucket_end = match rest.strip_prefix("arn:").and_then(|_| rest.find('/')) {
            Some(slash) => rest[slash + 1..].find('/').map(|next| slash + 1 + next),
            None => rest.find('/'),
        };
        let (bucket, key) = bucket_end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
        if bucket.is_empty() || path.to_str().is_none() {
            return Err(Failure::user(format!("{text}: is not an S3 URI; write s3://bucket/key")));
        }
        Ok(Some(Self { bucket: bucket.to_string(), key: key.to_string() }))
    }

    /// Whether it can name one object only as the beginning of its key.
    pub fn is_directory(&self) -> bool {
        self.key.is_empty() || self.key.ends_with('/')
    }

    /// The same bucket, another key.
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { bucket: self.bucket.clone(), key: key.into() }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// For directories, which must be on this machine.
///
/// # Errors
/// It is a URI.
pub fn refuse(flag: &str, path: &Path) -> Result<(), Failure> {
    match Uri::of(path)? {
        None => Ok(()),
        Some(uri) => Err(Failure::user(format!("{flag} {uri}: must be a local directory"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Option<(String, String)>, String> {
        let parts = |uri: Uri| (uri.bucket, uri.key);
        Uri::of(Path::new(text)).map(|uri| uri.map(parts)).map_err(|failure| failure.to_string())
    }

    #[test]
    fn uris_are_told_from_paths() {
        let uri = |bucket: &str, key: &str| Ok(Some((bucket.to_string(), key.to_string())));
        assert_eq!(of("s3://data/train/part-0.csv"), uri("data", "train/part-0.csv"));
        assert_eq!(of("S3://data/a//b/"), uri("data", "a//b/"));
        assert_eq!(of("s3://data"), uri("data", ""));
        assert_eq!(of("s3://data/"), uri("data", ""));
        let access_point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine";
        assert_eq!(of(&format!("s3://{access_point}/a/b")), uri(access_point, "a/b"));
        for path in ["train.csv", "/data/s3:/x", "./s3://x", "://x", "s3:/x"] {
            assert_eq!(of(path), Ok(None), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert!(of("s3://").unwrap_err().starts_with("UserError: s3://: is not an S3 URI"));
        assert!(of("s3:///key").unwrap_err().contains("write s3://bucket/key"));
        assert!(of("s3a://data/x").unwrap_err().contains("not from s3a://"));
        assert!(of("https://example.com/x.csv").unwrap_err().contains("files and s3:// URIs"));
        assert!(
            refuse("--cache", Path::new("s3://data/x"))
                .unwrap_err()
                .to_string()
                .contains("--cache s3://data/x: must be a local dir")
        );
    }
}
