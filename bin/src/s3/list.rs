//! Which objects make up a data set.

use super::failure;
use super::object::Object;
use super::store::Bucket;
use super::uri::Uri;
use crate::report::Failure;
use aws_sdk_s3::types;
use sapwood_readers::is_no_data;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

/// Each becomes an open file, and no system allows as many.
const MOST_OBJECTS: usize = 1 << 20;

/// The objects behind `paths`, in reading order. `None` if these are paths of this machine.
///
/// A URI names an object, or else all objects below it as if it were a directory: in the order of their keys, part by part, but for those
/// that are empty; those that would be passed over in a directory count as such.
///
/// # Errors
/// Paths and URIs side by side, no object at a place, or S3's refusal.
pub fn objects_of(paths: &[PathBuf]) -> Result<Option<Vec<Object>>, Failure> {
    let uris = paths.iter().map(|path| Uri::of(path)).collect::<Result<Vec<_>, _>>()?;
    let mut objects = Vec::new();
    for (uri, path) in uris.iter().zip(paths) {
        match uri {
            Some(uri) => objects.extend(below(uri)?),
            None if uris.iter().all(Option::is_none) => return Ok(None),
            None => {
                return Err(Failure::user(format!(
                    "{}: is a local path among S3 URIs; one data set must come either from S3 or from local files",
                    path.display()
                )));
            }
        }
    }
    Ok(Some(objects))
}

/// Pages of a list, and objects that others have on average: S3 puts 1000 on each.
const PAGES_AT_EASE: usize = 1000;
const LEAST_PER_PAGE: usize = 8;

/// How long a question may take with all its repetitions.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The object that a URI names.
///
/// # Errors
/// There is none, or S3 refuses to say.
pub fn object(uri: &Uri) -> Result<Object, Failure> {
    let bucket = Bucket::of(uri)?;
    let missing = || Failure::user(format!("{uri}: there is no such object"));
    if uri.is_directory() {
        return Err(missing());
    }
    head(&bucket, uri)?.ok_or_else(missing)
}

/// Whether there is an object of this name.
///
/// # Errors
/// S3 refuses to say.
pub fn exists(uri: &Uri) -> Result<bool, Failure> {
    Ok(head(&Bucket::of(uri)?, uri)?.is_some())
}

fn below(uri: &Uri) -> Result<Vec<Object>, Failure> {
    let bucket = Bucket::of(uri)?;
    if uri.is_directory() {
        return match search(&bucket, uri)? {
            found if found.is_empty() => Err(Failure::user(format!("no data in {uri}: there are no objects under it"))),
            found => Ok(found),
        };
    }
    let directory = || search(&bucket, &uri.with_key(format!("{}/", uri.key)));
    match head(&bucket, uri) {
        Ok(Some(object)) => Ok(vec![object]),
        Ok(None) => match directory()? {
            found if found.is_empty() => {
                Err(Failure::user(format!("{uri}: there is no such object, and there are none under {uri}/")))
            }
            found => Ok(found),
        },
        // Who may not list a bucket is not told what is missing in it.
        Err(refused) => directory().ok().filter(|found| !found.is_empty()).ok_or(refused),
    }
}

/// Looks at one object. `None` if there is none.
fn head(bucket: &Bucket, uri: &Uri) -> Result<Option<Object>, Failure> {
    let answer = within(bucket, uri, bucket.client.head_object().bucket(&uri.bucket).key(&uri.key).send())?;
    match answer {
        Ok(found) => Ok(Some(Object {
            uri: uri.clone(),
            bytes: size(uri, found.content_length())?,
            etag: found.e_tag().map(str::to_string),
            modified: found.last_modified().copied(),
            bucket: bucket.clone(),
        })),
        Err(error) if failure::is_missing(&error) => Ok(None),
        Err(error) => Err(failure::failed(uri, "s3:GetObject", &error)),
    }
}

/// The data below a directory; none where there is nothing at all.
fn search(bucket: &Bucket, directory: &Uri) -> Result<Vec<Object>, Failure> {
    let mut objects = Vec::new();
    for found in listed(bucket, directory)? {
        let Some(key) = found.key() else { return Err(broken(directory, "it lists an object without a key")) };
        let Some(rest) = key.strip_prefix(&directory.key) else {
            return Err(broken(directory, &format!("it lists {key:?}, which is elsewhere")));
        };
        let (uri, is_data) = (directory.with_key(key), !rest.split('/').any(is_no_data));
        objects.push(Object {
            // What is passed over has nothing to be read.
            bytes: if is_data { size(&uri, found.size())? } else { 0 },
            uri,
            etag: found.e_tag().map(str::to_string),
            modified: found.last_modified().copied(),
            bucket: bucket.clone(),
        });
    }
    // The directory's own name, which some tools write as an object, is no file.
    objects.retain(|object| object.bytes > 0 || !object.uri.is_directory());
    if !objects.is_empty() && objects.iter().all(|object| object.bytes == 0) {
        return Err(Failure::user(format!(
            "no data in {directory}: there are only hidden, _-prefixed, checksum, manifest or empty objects ({})",
            objects.len()
        )));
    }
    // As directories are read: `a/x` before `a-b`, though `-` comes before `/`.
    objects.sort_by(|one, other| one.uri.key.split('/').cmp(other.uri.key.split('/')));
    if let Some(twice) = objects.windows(2).find(|two| two[0].uri == two[1].uri) {
        return Err(broken(directory, &format!("it lists {:?} twice", twice[0].uri.key)));
    }
    Ok(objects)
}

/// All that a store lists, page by page. The SDK's own loop ends in silence where a page repeats the token of the one before.
fn listed(bucket: &Bucket, directory: &Uri) -> Result<Vec<types::Object>, Failure> {
    let (mut objects, mut tokens, mut next) = (Vec::new(), HashSet::new(), None);
    for page in 0.. {
        if page > PAGES_AT_EASE + objects.len() / LEAST_PER_PAGE {
            return Err(broken(directory, &format!("it does not end ({page} pages with {} objects)", objects.len())));
        }
        let request = bucket.client.list_objects_v2().bucket(&directory.bucket).prefix(&directory.key);
        let page = within(bucket, directory, request.set_continuation_token(next).send())?;
        let page = page.map_err(|error| failure::failed(directory, "s3:ListBucket", &error))?;
        objects.extend_from_slice(page.contents());
        if objects.len() > MOST_OBJECTS {
            return Err(Failure::user(format!("{directory}: more than {MOST_OBJECTS} objects; use fewer, larger ones")));
        }
        next = match (page.is_truncated(), page.next_continuation_token()) {
            (Some(true), None) => return Err(broken(directory, "it ends early, without a token for the rest")),
            (Some(true), Some(token)) if !tokens.insert(token.to_string()) => {
                return Err(broken(directory, &format!("it repeats itself (token {token:?})")));
            }
            (Some(true), Some(token)) => Some(token.to_string()),
            _ => break,
        };
    }
    Ok(objects)
}

/// Waits for an answer about a place, but not for ever: one that trickles in is none.
fn within<F: Future>(bucket: &Bucket, place: &Uri, answer: F) -> Result<F::Output, Failure> {
    bucket.wait(async { tokio::time::timeout(PATIENCE, answer).await }).map_err(|_| {
        Failure::user(format!(
            "{place}: the store has not answered in {} minutes; check the network and ask who runs it",
            PATIENCE.as_secs() / 60
        ))
    })
}

fn broken(directory: &Uri, how: &str) -> Failure {
    Failure::user(format!(
        "{directory}: the store's list of objects cannot be trusted: {how}; name the objects one by one, or ask who runs it"
    ))
}

/// The size that a store states.
fn size(uri: &Uri, stated: Option<i64>) -> Result<u64, Failure> {
    let size = stated.and_then(|size| u64::try_from(size).ok());
    size.ok_or_else(|| {
        Failure::user(format!("{uri}: the store states no size of the object; copy it to a file, or ask who runs the store"))
    })
}
