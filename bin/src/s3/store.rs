//! [`Bucket`]: a client for one bucket, in the bucket's own region. Credentials and region come from the places where all AWS tools look.

use super::failure;
use super::uri::Uri;
use crate::report::Failure;
use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Region, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder as HttpBuilder, Connector};
use aws_types::service_config::ServiceConfigKey;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// How long S3 may take to begin an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// What is asked for where nothing names a region; the bucket is then asked for its own.
const DEFAULT_REGION: &str = "us-east-1";

/// Attempts at a request that the store is too busy for, or that gets no answer, unless AWS_MAX_ATTEMPTS says otherwise: half a minute on
/// average, as pauses double from a second to twenty. Data are fetched for hours, and stores have bad moments.
const ATTEMPTS: u32 = 8;
/// The SDK's own number. The first request of all makes no more, for a wrong endpoint is no bad moment.
const FEW_ATTEMPTS: u32 = 3;

/// What all buckets have in common. There is one in a process, as there is one set of credentials.
struct Store {
    runtime: Runtime,
    config: SdkConfig,
    buckets: Mutex<BTreeMap<String, Client>>,
}

/// A bucket that can be asked.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Makes requests in the region of the bucket.
    pub client: Client,
    /// How often to try.
    pub attempts: u32,
    runtime: Handle,
}

impl Bucket {
    /// The bucket of a URI.
    ///
    /// # Errors
    /// There is none of this name, or S3 cannot be reached.
    pub fn of(uri: &Uri) -> Result<Self, Failure> {
        static STORE: OnceLock<Result<Store, Failure>> = OnceLock::new();
        let store = STORE.get_or_init(|| configured(Store::new).flatten()).as_ref().map_err(Clone::clone)?;
        let mut buckets = store.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match buckets.get(&uri.bucket) {
            Some(client) => client.clone(),
            None => {
                let client = configured(|| store.runtime.block_on(store.connect(uri)))??;
                buckets.insert(uri.bucket.clone(), client.clone());
                client
            }
        };
        Ok(Self { client, attempts: store.retry().max_attempts(), runtime: store.runtime.handle().clone() })
    }

    /// Waits for an answer. Not for threads that drive others' waiting.
    pub fn wait<F: Future>(&self, answer: F) -> F::Output {
        self.runtime.block_on(answer)
    }
}

impl Store {
    fn new() -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("s3").enable_all().build();
        let runtime = runtime.map_err(|error| Failure::algorithm(format!("the threads for S3 cannot be started: {error}")))?;
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client()?)
            .region(RegionProviderChain::default_provider().or_else(DEFAULT_REGION))
            .timeout_config(TimeoutConfig::builder().read_timeout(ANSWER_WITHIN).build());
        let config = runtime.block_on(config.load());
        check_region(config.region(), "AWS_REGION (or the profile's region)")?;
        Ok(Self { runtime, config, buckets: Mutex::default() })
    }

    /// How requests are repeated.
    fn retry(&self) -> RetryConfig {
        let set = self.config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let is_default = std::env::var_os("AWS_MAX_ATTEMPTS").is_none() && set.max_attempts() == FEW_ATTEMPTS;
        if is_default { set.with_max_attempts(ATTEMPTS) } else { set }
    }

    /// A client for a bucket. S3 says in which region it is, even to those who may not read it.
    async fn connect(&self, uri: &Uri) -> Result<Client, Failure> {
        let config = || Builder::from(&self.config).force_path_style(has_endpoint(&self.config));
        let region = match Client::from_conf(config().build()).head_bucket().bucket(&uri.bucket).send().await {
            Ok(bucket) => bucket.bucket_region().map(str::to_string),
            Err(error) if failure::is_missing(&error) => {
                return Err(Failure::user(format!("{uri}: there is no bucket {}", uri.bucket)));
            }
            Err(error) => match error.raw_response() {
                // What may not be asked about the bucket may still be asked about its objects.
                Some(response) => response.headers().get("x-amz-bucket-region").map(str::to_string),
                None => return Err(failure::failed(uri, "s3:ListBucket", &error)),
            },
        };
        let (region, mut config) = (region.map(Region::new), config().retry_config(self.retry()));
        check_region(region.as_ref(), "the region that the store names")?;
        if let Some(region) = region {
            config = config.region(region);
        }
        Ok(Client::from_conf(config.build()))
    }
}

/// A region becomes part of a host's name.
fn check_region(region: Option<&Region>, what: &str) -> Result<(), Failure> {
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match region.map(Region::as_ref).filter(|text| !is_name(text)) {
        Some(text) => {
            Err(Failure::user(format!("{what} is {text:?}, which is no name of a region; write one such as eu-central-1")))
        }
        None => Ok(()),
    }
}

/// Runs what panics over settings that it does not like, as the SDK does.
fn configured<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(ToString::to_string).or_else(|| payload.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_default();
        // What is in parentheses repeats it as Rust.
        let words: Vec<_> = text.split(" (EnvConfigError").next().unwrap_or(&text).split_whitespace().collect();
        Failure::user(format!("invalid AWS settings: {}; correct them or AWS_CA_BUNDLE", words.join(" ")))
    })
}

/// Whether requests go to another store than AWS's, or to a stand-in. These seldom have a host name for every bucket.
fn has_endpoint(config: &SdkConfig) -> bool {
    let of_s3 = || {
        let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
        config.service_config()?.load_config(key)
    };
    config.endpoint_url().is_some() || of_s3().is_some()
}

/// How a certificate begins.
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// HTTPS with the machine's certificates and those of `AWS_CA_BUNDLE`, through the proxy that the environment names.
fn http_client() -> Result<SharedHttpClient, Failure> {
    let mut trusted = TrustStore::default();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let certificates = std::fs::read(&path);
        let certificates = certificates.map_err(|error| Failure::user(format!("AWS_CA_BUNDLE={}: {error}", path.display())))?;
        if !certificates.windows(PEM.len()).any(|bytes| bytes == PEM) {
            return Err(Failure::user(format!("AWS_CA_BUNDLE={}: contains no certificate in PEM format", path.display())));
        }
        trusted.add_pem_certificate(certificates);
    }
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| Failure::user(format!("the certificates for S3 cannot be used: {error}")))?;
    Ok(HttpBuilder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context.clone()).build()
    }))
}
