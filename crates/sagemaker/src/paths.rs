//! Where everything is under `/opt/ml`.

use std::path::{Path, PathBuf};

/// The directory tree of a training job.
#[derive(Clone, Debug)]
pub struct Paths {
    root: PathBuf,
}

/// The root that the platform uses, or the one that `SAGEMAKER_BASE_DIR` names.
pub fn default_root() -> PathBuf {
    let base = std::env::var_os("SAGEMAKER_BASE_DIR").filter(|dir| !dir.is_empty());
    base.map_or_else(|| PathBuf::from("/opt/ml"), PathBuf::from)
}

/// Whether this process runs where SageMaker has laid out a job's configuration.
pub fn is_configured() -> bool {
    Paths::new(&default_root()).input().join("config").is_dir()
}

impl Paths {
    /// The tree under `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// Everything the job is given; never written to.
    pub fn input(&self) -> PathBuf {
        self.root.join("input")
    }

    /// A configuration file.
    pub fn config(&self, name: &str) -> PathBuf {
        self.input().join("config").join(name)
    }

    /// The parent of all channels' directories.
    pub fn data(&self) -> PathBuf {
        self.input().join("data")
    }

    /// Where models are; on an endpoint there is one.
    pub fn models(&self) -> PathBuf {
        self.root.join("model")
    }

    /// The one file of the job's model.
    pub fn model(&self) -> PathBuf {
        self.models().join("model.sapwood")
    }

    /// What the job did, for programs.
    pub fn summary(&self) -> PathBuf {
        self.root.join("output/data/summary.json")
    }

    /// What the job did, for people.
    pub fn report(&self) -> PathBuf {
        self.root.join("output/data/report.html")
    }

    /// Why the job failed, for the platform.
    pub fn failure(&self) -> PathBuf {
        self.root.join("output/failure")
    }

    /// A directory that the platform names, which it believes to be under `/opt/ml`.
    pub fn under_root(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("/opt/ml") {
            Ok(rest) => self.root.join(rest),
            Err(_) => path.to_path_buf(),
        }
    }

    /// Where checkpoints are if the job has a directory for them but no configuration that names it, as on Kubernetes.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }
}
