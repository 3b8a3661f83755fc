//! [`Manifest`]: the files of all ranks, and whether they are what they were said to be.
//!
//! Files that ranks share must be the same for all. They are compared by names, sizes and a few bytes, and not by times: copies of an
//! object that each host fetched for itself have times of their own.

use super::ranks::{RankFiles, Ranks};
use super::source::{DataFile, Source, display};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// The files of all ranks in reading order.
pub(super) struct Manifest {
    pub files: Vec<DataFile>,
    /// Their sizes, bytes; nobody asks for them where there is one rank.
    pub sizes: Vec<u64>,
    /// The first file that each rank looks at, and the number of all.
    pub first_files: Vec<usize>,
}

/// A file as a rank sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// Its path below the directory that was given.
    name: String,
    path: PathBuf,
    bytes: u64,
    /// Of some of its bytes, for a few files.
    content: Option<u64>,
}

/// Files whose content is compared.
const COMPARED: usize = 16;
/// Bytes at the beginning, in the middle and at the end of each.
const COMPARED_BYTES: u64 = 512;

impl Manifest {
    /// Gathers the files of all ranks; `own` are this one's.
    ///
    /// # Errors
    /// Files that are not shared, or are shared, against what was said.
    pub fn gather(own: Vec<DataFile>, sources: &[Source], ranks: Ranks<'_>) -> Result<Self> {
        if ranks.is_alone() {
            return Ok(Self { sizes: vec![0; own.len()], first_files: vec![0, own.len()], files: own });
        }
        let seen = ranks.agree(own.iter().map(|file| Seen::of(file, sources)).collect::<Result<Vec<_>>>())?;
        match ranks.files() {
            RankFiles::Shared => Self::shared(own, seen, ranks),
            RankFiles::Own => Self::own(own, seen, ranks),
        }
    }

    fn shared(files: Vec<DataFile>, mut seen: Vec<Seen>, ranks: Ranks<'_>) -> Result<Self> {
        let step = files.len().div_ceil(COMPARED).max(1);
        let contents: Result<Vec<_>> = files.iter().step_by(step).map(content).collect();
        for (seen, content) in seen.iter_mut().step_by(step).zip(ranks.agree(contents)?) {
            seen.content = Some(content);
        }
        let facts: Vec<_> = seen.iter().map(|seen| (&seen.name, seen.bytes, seen.content)).collect();
        let hashes = ranks.gather(xxh3_64(format!("{facts:?}").as_bytes()))?;
        if hashes.iter().any(|hash| *hash != hashes[0]) {
            let all = ranks.gather(seen)?;
            let differs = all.iter().enumerate().skip(1).find_map(|(rank, other)| difference(&all[0], other, rank));
            return Err(differs.unwrap_or_else(|| Error::data("hosts see the files of a data set in different orders")));
        }
        let sizes: Vec<_> = seen.iter().map(|seen| seen.bytes).collect();
        let total = sizes.iter().map(|&size| u128::from(size)).sum::<u128>().max(1);
        let mut before = 0u128;
        // A file is looked at by the rank that reads its beginning.
        let looker = |&size: &u64| {
            let looker = before * ranks.size() as u128 / total;
            before += u128::from(size);
            (looker as usize).min(ranks.size() - 1)
        };
        let lookers: Vec<_> = sizes.iter().map(looker).collect();
        let first_files = (0..=ranks.size()).map(|rank| lookers.partition_point(|&looker| looker < rank)).collect();
        Ok(Self { files, sizes, first_files })
    }

    fn own(own: Vec<DataFile>, seen: Vec<Seen>, ranks: Ranks<'_>) -> Result<Self> {
        let all = ranks.gather(seen)?;
        let mut owners: HashMap<(&str, u64), Vec<usize>> = HashMap::new();
        for (rank, seen) in all.iter().enumerate() {
            seen.iter()
                .filter(|seen| seen.bytes > 0)
                .for_each(|seen| owners.entry((&seen.name, seen.bytes)).or_default().push(rank));
        }
        let alike = |seen: &&Seen| owners.get(&(&*seen.name, seen.bytes)).is_some_and(|owners| owners.len() > 1);
        let mine = own.iter().zip(&all[ranks.rank()]).filter(|(_, seen)| alike(seen)).take(COMPARED);
        let mine: Result<Vec<_>> = mine.map(|(file, seen)| Ok((seen.name.clone(), content(file)?))).collect();
        let mut known: HashMap<(String, u64), usize> = HashMap::new();
        for (rank, contents) in ranks.gather(ranks.agree(mine)?)?.into_iter().enumerate() {
            for (name, content) in contents {
                if let Some(other) = known.insert((name.clone(), content), rank) {
                    let what = format!(
                        "the same file is on several hosts: {name} (host {other}, host {rank}), and each is said to have its own"
                    );
                    let remedy = "give each host other files, or say that all hosts share them (FullyReplicated); its rows would count double";
                    return Err(Error::data(what).with_remedy(remedy));
                }
            }
        }
        let mut manifest = Self { files: Vec::new(), sizes: Vec::new(), first_files: vec![0] };
        let mut own = Some(own);
        for (rank, seen) in all.into_iter().enumerate() {
            manifest.sizes.extend(seen.iter().map(|seen| seen.bytes));
            match own.take_if(|_| rank == ranks.rank()) {
                Some(own) => manifest.files.extend(own),
                // Only their names are asked for.
                None => manifest.files.extend(seen.into_iter().map(|seen| DataFile::from(seen.path))),
            }
            manifest.first_files.push(manifest.files.len());
        }
        Ok(manifest)
    }
}

impl Seen {
    fn of(file: &DataFile, sources: &[Source]) -> Result<Self> {
        let below = |source: &Source| match source {
            Source::Path(path) => file.strip_prefix(path).ok().filter(|below| !below.as_os_str().is_empty()),
            Source::Spool(_) | Source::Fetched(_) => None,
        };
        let name = sources.iter().find_map(below).map(display);
        let name = name.or_else(|| file.file_name().map(|name| name.to_string_lossy().into_owned())).unwrap_or_default();
        Ok(Self { name, path: file.to_path_buf(), bytes: file.bytes()?, content: None })
    }
}

/// A hash of some bytes of a file. That of an object elsewhere is its name's, which is all that tells it from others.
fn content(file: &DataFile) -> Result<u64> {
    if file.is_elsewhere() {
        return Ok(0);
    }
    let (mut opened, bytes) = (file.open()?, file.bytes()?);
    let mut hash = Xxh3::new();
    for begin in [0, bytes / 2, bytes.saturating_sub(COMPARED_BYTES)] {
        let mut part = Vec::new();
        let read = opened.seek(SeekFrom::Start(begin)).and_then(|_| opened.by_ref().take(COMPARED_BYTES).read_to_end(&mut part));
        read.map_err(|error| Error::io(file, error))?;
        hash.update(&part);
    }
    Ok(hash.digest())
}

/// How the files of a rank differ from those of the first.
fn difference(first: &[Seen], other: &[Seen], rank: usize) -> Option<Error> {
    let by_name = |files: &[Seen]| files.iter().map(|seen| (seen.name.clone(), seen.clone())).collect::<HashMap<_, _>>();
    let (ours, theirs) = (by_name(first), by_name(other));
    let lacking = first.iter().find(|seen| !theirs.contains_key(&seen.name)).map(|seen| (rank, 0, seen));
    let lacking = lacking.or_else(|| other.iter().find(|seen| !ours.contains_key(&seen.name)).map(|seen| (0, rank, seen)));
    if let Some((without, with, Seen { name, .. })) = lacking {
        let common = ours.keys().filter(|name| theirs.contains_key(*name)).count();
        let what = match common {
            0 => format!("hosts have no file in common: {name} is on host {with} and not on host {without}"),
            n => format!(
                "hosts see different data: {name} is on host {with} and not on host {without}, though they have {n} files in common"
            ),
        };
        let remedy = match common {
            0 => "if each host has files of its own, say so (ShardedByS3Key); else give all hosts the same files",
            _ => "give all hosts the same files, or each its own",
        };
        return Some(Error::data(what).with_remedy(remedy));
    }
    first.iter().find_map(|seen| {
        let found = theirs.get(&seen.name).filter(|found| (found.bytes, found.content) != (seen.bytes, seen.content))?;
        let name = &seen.name;
        let what = match found.bytes == seen.bytes {
            true => format!("hosts see different data: {name} has other content on host {rank} than on host 0"),
            false => {
                format!("hosts see different data: {name} has {} bytes on host 0 and {} on host {rank}", seen.bytes, found.bytes)
            }
        };
        Some(Error::data(what).with_remedy("let whoever writes it finish, and give all hosts the same files"))
    })
}
