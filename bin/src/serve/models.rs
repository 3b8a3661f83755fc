//! The models that are loaded: one, or on a multi-model endpoint as many as SageMaker loads and memory holds.
//!
//! The list is locked for look-ups only. Whoever scores holds a model of his own, so that unloading it waits for nobody.

use super::model::{Served, expected_memory, file_length};
use super::refusal::Refusal;
use super::settings::Settings;
use crate::model_files::model_in;
use crate::report::{self, Failure};
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The loaded models.
pub struct Models {
    /// The only one, where there is but one for good.
    single: Option<Arc<Served>>,
    /// What models may take together, bytes.
    budget: u64,
    loaded: Mutex<BTreeMap<String, Entry>>,
}

/// A model that is loaded, or whose name and memory are taken while it is being loaded.
struct Entry {
    url: String,
    bytes: u64,
    model: Option<Arc<Served>>,
}

/// A model as lists show it.
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Where it was loaded from.
    pub url: String,
}

impl Models {
    /// One model for good.
    pub fn one(model: Served) -> Self {
        Self { single: Some(Arc::new(model)), budget: 0, loaded: Mutex::default() }
    }

    /// No model yet; those to come may take `budget` bytes.
    pub fn several(budget: u64) -> Self {
        Self { single: None, budget, loaded: Mutex::default() }
    }

    /// What the log says about them.
    pub fn describe(&self) -> String {
        match &self.single {
            Some(model) => format!("serving {}", model.describe()),
            None => format!("serving a multi-model endpoint ({} MiB for models)", self.budget >> 20),
        }
    }

    /// The one model.
    ///
    /// # Errors
    /// 404 on a multi-model endpoint.
    pub fn single(&self) -> Result<Arc<Served>, Refusal> {
        let elsewhere = || Refusal::not_found("this is a multi-model endpoint; use /models/NAME/invoke");
        self.single.clone().ok_or_else(elsewhere)
    }

    /// The model called `name`.
    ///
    /// # Errors
    /// 404 where it is not loaded.
    pub fn get(&self, name: &str) -> Result<Arc<Served>, Refusal> {
        self.lock().get(name).and_then(|entry| entry.model.clone()).ok_or_else(|| unknown(name))
    }

    /// Loads the model in the directory (or file) `url`.
    ///
    /// # Errors
    /// 409 where the name is taken, 404 where there is no model file, 507 where memory does not suffice, 400 where the file is no model.
    pub fn load(&self, name: &str, url: &str, settings: &Settings) -> Result<Arc<Served>, Refusal> {
        if self.lock().contains_key(name) {
            return Err(taken(name));
        }
        let file = file_of(url).map_err(|failure| Refusal::not_found(failure.to_string()))?;
        let length = file_length(&file).map_err(|failure| Refusal::not_found(failure.to_string()))?;
        self.reserve(name, url, expected_memory(length))?;
        let loaded = report::catch(|| Served::load(name, &file, settings));
        let mut models = self.lock();
        match loaded {
            Ok(model) => {
                let (bytes, model) = (model.memory(), Arc::new(model));
                models.insert(name.to_string(), Entry { url: url.to_string(), bytes, model: Some(model.clone()) });
                Ok(model)
            }
            Err(failure) => {
                models.remove(name);
                Err(if failure.is_users() {
                    Refusal::bad_request(failure.to_string())
                } else {
                    Refusal::defect(failure.to_string())
                })
            }
        }
    }

    fn reserve(&self, name: &str, url: &str, bytes: u64) -> Result<(), Refusal> {
        let mut models = self.lock();
        if models.contains_key(name) {
            return Err(taken(name));
        }
        let used: u64 = models.values().map(|entry| entry.bytes).sum();
        if used.saturating_add(bytes) > self.budget {
            let message = format!(
                "no memory for model {name}: it may take {} KiB, the models so far take {} KiB of {} KiB; unload some, or raise \
                 SAPWOOD_MAX_MODEL_MEMORY_MB",
                bytes >> 10,
                used >> 10,
                self.budget >> 10
            );
            return Err(Refusal::new(StatusCode::INSUFFICIENT_STORAGE, message));
        }
        models.insert(name.to_string(), Entry { url: url.to_string(), bytes, model: None });
        Ok(())
    }

    /// Forgets a model, and hands it over; requests that have it finish.
    ///
    /// # Errors
    /// 404 where it is not loaded.
    pub fn unload(&self, name: &str) -> Result<Arc<Served>, Refusal> {
        let mut models = self.lock();
        if models.get(name).is_none_or(|entry| entry.model.is_none()) {
            return Err(unknown(name));
        }
        models.remove(name).and_then(|entry| entry.model).ok_or_else(|| unknown(name))
    }

    /// A loaded model as lists show it.
    ///
    /// # Errors
    /// 404 where it is not loaded.
    pub fn describe_one(&self, name: &str) -> Result<Listed, Refusal> {
        let models = self.lock();
        let entry = models.get(name).filter(|entry| entry.model.is_some()).ok_or_else(|| unknown(name))?;
        Ok(Listed { name: name.to_string(), url: entry.url.clone() })
    }

    /// At most `most` loaded models in the order of their names, those after `after`, and whether there are more.
    pub fn list(&self, after: Option<&str>, most: usize) -> (Vec<Listed>, bool) {
        let models = self.lock();
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let loaded = models.range::<str, _>(range).filter(|(_, entry)| entry.model.is_some());
        let mut listed: Vec<_> =
            loaded.take(most + 1).map(|(name, entry)| Listed { name: name.clone(), url: entry.url.clone() }).collect();
        let more = listed.len() > most;
        listed.truncate(most);
        (listed, more)
    }

    /// How many are loaded.
    pub fn count(&self) -> usize {
        self.single.iter().count() + self.lock().values().filter(|entry| entry.model.is_some()).count()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Every change of the map is one insertion or removal.
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_of(url: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(url.strip_prefix("file://").unwrap_or(url));
    if path.is_file() { Ok(path.to_path_buf()) } else { model_in(path) }
}

fn unknown(name: &str) -> Refusal {
    Refusal::not_found(format!("Model not found: {name}"))
}

fn taken(name: &str) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, format!("Model {name} is already registered."))
}
