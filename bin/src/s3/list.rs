//! Which objects make up a data set.

use super::failure;
use super::object::Object;
use super::store::Bucket;
use super::uri::Uri;
use crate::report::Failure;
use sapwood_readers::is_no_data;
use std::path::PathBuf;

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
    let answer = bucket.wait(bucket.client.head_object().bucket(&uri.bucket).key(&uri.key).send());
    match answer {
        Ok(found) => Ok(Some(Object {
            uri: uri.clone(),
            bytes: found.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default(),
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
    let request = bucket.client.list_objects_v2().bucket(&directory.bucket).prefix(&directory.key);
    let mut pages = request.into_paginator().send();
    let mut objects = Vec::new();
    while let Some(page) = bucket.wait(pages.next()) {
        let page = page.map_err(|error| failure::failed(directory, "s3:ListBucket", &error))?;
        for found in page.contents() {
            let Some(key) = found.key() else { continue };
            let is_data = !key.strip_prefix(&directory.key).unwrap_or(key).split('/').any(is_no_data);
            objects.push(Object {
                uri: directory.with_key(key),
                // What is passed over has nothing to be read.
                bytes: if is_data { found.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default() } else { 0 },
                etag: found.e_tag().map(str::to_string),
                modified: found.last_modified().copied(),
                bucket: bucket.clone(),
            });
        }
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
    Ok(objects)
}
