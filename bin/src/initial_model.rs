//! The model that a job goes on from: in the channel `model`, as SageMaker brings it there, and how data are read for it.

use crate::log::Log;
use crate::model_files;
use crate::report::Failure;
use flate2::read::MultiGzDecoder;
use sapwood::Model;
use sapwood::params::DataParams;
use sapwood_readers::ReadOptions;
use sapwood_sagemaker::channels::MODEL;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The model's name in an archive, which is the one that jobs write.
const NAME: &str = "model.sapwood";
/// What SageMaker packs a model into.
const ARCHIVES: [&str; 2] = ["model.tar.gz", "model.tgz"];

/// The model of the channel `model`, whose directory this is: `model.sapwood`, or `model.tar.gz` that holds it. None where there is no such
/// channel, or nothing in it.
///
/// # Errors
/// Something else is there, or a model that cannot be read.
pub fn of_channel(directory: &Path) -> Result<Option<(PathBuf, Model)>, Failure> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(None) };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names: Vec<_> = names.filter(|name| !name.starts_with(['.', '_'])).collect();
    let path = |name: &str| names.iter().any(|other| other == name).then(|| directory.join(name));
    if let Some(file) = path(NAME) {
        let model = model_files::load(&file)?;
        return Ok(Some((file, model)));
    }
    if let Some(archive) = ARCHIVES.iter().find_map(|name| path(name)) {
        let model = unpacked(&archive)?;
        return Ok(Some((archive, model)));
    }
    match names.is_empty() {
        true => Ok(None),
        false => Err(Failure::user(format!(
            "channel {MODEL}: {} holds neither {NAME} nor {} ({}); give a model that Sapwood trained, or leave the channel out",
            directory.display(),
            ARCHIVES[0],
            sapwood::names::list(&names)
        ))),
    }
}

/// The model in an archive.
fn unpacked(archive: &Path) -> Result<Model, Failure> {
    let damaged = |error: io::Error| Failure::user(format!("{}: cannot be unpacked: {error}", archive.display()));
    let file = File::open(archive).map_err(|error| Failure::unreadable(archive, &error))?;
    let mut tar = tar::Archive::new(MultiGzDecoder::new(io::BufReader::new(file)));
    for entry in tar.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?.into_owned();
        if path.file_name().is_some_and(|name| name == NAME) {
            return Ok(Model::read(&format!("{}/{}", archive.display(), path.display()), entry)?);
        }
    }
    Err(Failure::user(format!(
        "{}: holds no {NAME}; give an archive that a job of Sapwood left, or leave the channel {MODEL} out",
        archive.display()
    )))
}

/// How data are read that a model is to learn from: as those before, where parameters say nothing else.
pub fn options(options: &ReadOptions, params: &DataParams, model: &Model, log: &mut Log) -> ReadOptions {
    let mut options = ReadOptions { trained: model.reading.clone(), ..options.clone() };
    // What other libraries score, Sapwood does not learn from.
    options.trained.infinite_values = false;
    if let Some(then) = &model.reading.missing_values {
        if params.missing_values == DataParams::default().missing_values {
            options.missing.clone_from(then);
        } else if params.missing_values != *then {
            log.warning(&format!(
                "missing_values is {:?} here and was {:?} when the model to go on from was trained",
                params.missing_values.join(","),
                then.join(",")
            ));
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use sapwood::{FeatureSchema, Objective, Tree};
    use std::io::Write;

    fn model() -> Model {
        Model::new(FeatureSchema::numeric(2), Objective::SquaredError, vec![0.5], vec![Tree::leaf(1.0, 1.0)])
    }

    fn entry(name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        bytes[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        // The checksum counts its own field as spaces.
        let sum = bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ');
        bytes[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    fn archive(directory: &Path, entries: &[Vec<u8>]) {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        entries.iter().for_each(|entry| gzip.write_all(entry).unwrap());
        gzip.write_all(&[0; 1024]).unwrap();
        fs::write(directory.join("model.tar.gz"), gzip.finish().unwrap()).unwrap();
    }

    #[test]
    fn a_channel_holds_a_model_or_an_archive_with_one_or_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let found =
            || of_channel(directory.path()).map(|found| found.map(|(_, model)| model)).map_err(|failure| failure.to_string());
        assert_eq!(of_channel(&directory.path().join("none")).unwrap().map(|(path, _)| path), None);
        assert_eq!(found(), Ok(None));
        let bytes = model().to_bytes().unwrap();
        for name in [NAME, "./model.sapwood"] {
            archive(directory.path(), &[entry("./", b""), entry("report.json", &[b'x'; 700]), entry(name, &bytes)]);
            assert_eq!(found(), Ok(Some(model())));
        }
        archive(directory.path(), &[entry("xgboost-model", &bytes)]);
        assert!(found().unwrap_err().contains("holds no model.sapwood"));
        fs::write(directory.path().join("model.tar.gz"), b"not gzip").unwrap();
        assert!(found().unwrap_err().contains("cannot be unpacked"));
        fs::remove_file(directory.path().join("model.tar.gz")).unwrap();
        fs::write(directory.path().join("xgboost-model"), b"x").unwrap();
        assert!(found().unwrap_err().contains("holds neither model.sapwood nor model.tar.gz (xgboost-model)"));
        fs::write(directory.path().join(NAME), &bytes).unwrap();
        assert_eq!(found(), Ok(Some(model())));
    }
}
