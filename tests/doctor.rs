//! `sapwood doctor`: every check by a document that needs it, with the place; the documents of the repository; translation; hostile texts.

use crate::sagemaker::Job;
use crate::util::{Run, Tree, class_of_three, csv, sapwood};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("bin is in the repository").to_path_buf()
}

pub fn example(name: &str) -> String {
    fs::read_to_string(repository().join("container").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the doctor found, as JSON.
pub struct Findings {
    pub run: Run,
    pub all: Vec<Value>,
}

impl Findings {
    pub fn of(path: &str) -> Self {
        Self::of_all(&[path])
    }

    pub fn of_all(paths: &[&str]) -> Self {
        Self::of_run(sapwood([&["doctor", "--json"], paths].concat()))
    }

    pub fn of_run(run: Run) -> Self {
        let all = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"));
        let found = Self { run, all };
        let errors = found.all.iter().any(|finding| finding["severity"] == "error");
        assert_eq!(found.run.code, Some(if errors { 2 } else { 0 }), "{:#?}", found.run);
        found
    }

    pub fn in_text(name: &str, text: &str) -> Self {
        let tree = Tree::new();
        tree.write(name, text);
        Self::of(&tree.text(name))
    }

    /// One of this severity with this in its message, at a place whose text begins so.
    #[track_caller]
    pub fn has(&self, severity: &str, message: &str, text: &str) -> &Value {
        let is_it = |finding: &&Value| {
            let says = |key: &str| finding[key].as_str().unwrap_or_default();
            finding["severity"] == severity && says("message").contains(message) && says("text").starts_with(text)
        };
        self.all.iter().find(is_it).unwrap_or_else(|| panic!("no {severity} {message:?} at {text:?}: {:#?}", self.all))
    }

    #[track_caller]
    pub fn has_no(&self, severity: &str) {
        assert!(self.all.iter().all(|finding| finding["severity"] != severity), "{:#?}", self.all);
    }

    #[track_caller]
    pub fn only_error(&self, message: &str, text: &str) {
        self.has("error", message, text);
        let errors = self.all.iter().filter(|finding| finding["severity"] == "error").count();
        assert_eq!(errors, 1, "{:#?}", self.all);
    }
}

/// Where `needle` stands in `text`, counted from 1.
fn place(text: &str, needle: &str) -> (u64, u64) {
    let at = text.find(needle).unwrap_or_else(|| panic!("no {needle:?}"));
    let line = text[..at].matches('\n').count() as u64 + 1;
    let column = text[..at].rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    (line, column)
}

/// A change to a document, and what the doctor must say of it.
pub struct Case {
    from: &'static str,
    to: &'static str,
    severity: &'static str,
    message: &'static str,
    /// What the text at the finding's place begins with, and where it is searched.
    at: &'static str,
}

pub const fn case(from: &'static str, to: &'static str, severity: &'static str, message: &'static str, at: &'static str) -> Case {
    Case { from, to, severity, message, at }
}

pub fn try_cases(document: &str, cases: &[Case]) {
    let text = example(document);
    let name = document.rsplit('/').next().expect("a name");
    Findings::in_text(name, &text).has_no("warning");
    for Case { from, to, severity, message, at } in cases {
        assert!(text.contains(from), "{document} has no {from:?}");
        let changed = text.replacen(from, to, 1);
        let found = Findings::in_text(name, &changed);
        let finding = found.has(severity, message, at);
        if !at.is_empty() {
            let line = finding["line"].as_u64().expect("a line") as usize;
            let column = finding["column"].as_u64().expect("a column") as usize;
            let rest: String = changed.lines().nth(line - 1).expect("the line").chars().skip(column - 1).collect();
            assert!(rest.starts_with(at), "{rest:?} is not {at:?}");
        }
        assert!(!finding["message"].as_str().unwrap_or_default().is_empty());
    }
}

#[test]
fn mistakes_in_a_training_job() {
    try_cases(
        "kubernetes/training-job.yaml",
        &[
            // Fields.
            case("fileSystemID: fs", "fileSystemId: fs", "error", "unknown field fileSystemId", "fileSystemId:"),
            case("  roleARN:", "  roleArn:", "error", "unknown field roleArn", "roleArn:"),
            case("securityGroupIDs", "securityGroupIds", "error", "unknown field securityGroupIds", "securityGroupIds"),
            case("kind: TrainingJob", "kind: Trainingjob", "error", "not a resource of the operator", "kind:"),
            case(
                "aws/v1alpha1",
                "aws/v1alpha2",
                "error",
                "apiVersion sagemaker.services.k8s.aws/v1alpha2 is unknown",
                "apiVersion",
            ),
            case("spec:\n", "Spec:\n", "error", "unknown field Spec", "Spec:"),
            case("  roleARN: arn:aws:iam::111122223333:role/sapwood-execution\n", "", "error", "roleARN is missing", "spec:"),
            case("trainingJobName: sapwood-mnist", "trainingJobName: sapwood_mnist", "error", "does not match", "trainingJobName:"),
            case("role/sapwood", "user/sapwood", "error", "does not match", "roleARN:"),
            case(
                "volumeSizeInGB: 30",
                "volumeSizeInGB: \"30\"",
                "error",
                "must be a whole number, without quotes",
                "volumeSizeInGB",
            ),
            case(
                "  algorithmSpecification:\n",
                "  algorithmSpecification:\n    containerEntrypoint: [x]\n",
                "error",
                "this resource lacks",
                "containerEntrypoint",
            ),
            case("    services.k8s.aws/region: us-west-2\n", "    a: b\n", "warning", "no region is given", "metadata:"),
            case("    services.k8s.aws/region: us-west-2\n", "    a: 1\n", "error", "a must be a string, but is a number", "a: 1"),
            case("  namespace: ", "  namespaces: ", "error", "unknown field namespaces", "namespaces:"),
            case("  namespace: sapwood", "  namespace: 1", "error", "namespace must be a string", "namespace: 1"),
            case(
                "  annotations:\n",
                "  labels: []\n  annotations:\n",
                "error",
                "labels must be a mapping, but is a list",
                "labels:",
            ),
            // Hyperparameters.
            case(
                "num_round: \"200\"",
                "num_round: 200",
                "error",
                "hyperParameters may hold only strings, but num_round is a number",
                "num_round: 200",
            ),
            case("eval_metric: merror", "eval_metric: off", "error", "eval_metric is a boolean", "eval_metric:"),
            case("    eta: ", "    etta: ", "error", "unknown parameter etta; did you mean eta?", "etta:"),
            case("eta: \"0.2\"", "eta: \"1.2\"", "error", "eta=1.2 is out of range: it must lie in [0, 1]", "eta:"),
            case("eta: \"0.2\"", "eta: \"fast\"", "error", "not a valid value", "eta:"),
            case("    num_round: \"200\"\n", "", "error", "missing required parameter num_round", "hyperParameters:"),
            case("eta: \"0.2\"", "max_depth_: \"3\"", "error", "unknown parameter max_depth_", "max_depth_"),
            case(
                "    eta: \"0.2\"\n",
                "    eta: \"0.2\"\n    learning_rate: \"0.3\"\n",
                "error",
                "eta is given twice",
                "learning_rate:",
            ),
            case(
                "    eta: \"0.2\"\n",
                "    eta: \"0.2\"\n    booster: gblinear\n",
                "error",
                "booster=\"gblinear\" is not supported",
                "booster:",
            ),
            case("    eta: \"0.2\"\n", "    eta: \"0.2\"\n    silent: \"1\"\n", "note", "silent=1 has no effect", "silent:"),
            case("eval_metric: merror", "eval_metric: merorr", "error", "merorr", "eval_metric:"),
            case("max_depth: \"5\"", "max_depth: \"0\"", "error", "max_depth=0 and max_leaves=0", "max_depth:"),
            // Channels.
            case(
                "channelName: train",
                "channelName: training",
                "error",
                "the channel train is missing, and training does not replace it",
                "channelName: training",
            ),
            case(
                "channelName: validation",
                "channelName: holdout",
                "note",
                "the channel holdout is evaluated",
                "channelName: holdout",
            ),
            case(
                "channelName: validation",
                "channelName: holdout",
                "error",
                "early_stopping_rounds needs a channel called validation",
                "early_stopping_rounds",
            ),
            case("channelName: validation", "channelName: code", "note", "is not read", "channelName: code"),
            case("channelName: validation", "channelName: train", "error", "two channels called train", "channelName: train"),
            case("channelName: validation", "channelName: vali/dation", "error", "does not match", "channelName: vali"),
            case("contentType: text/csv", "contentType: image/png", "error", "\"image/png\" is unknown", "contentType:"),
            case("contentType: text/csv", "contentType: text/csv;label_size=2", "error", "label_size=2", "contentType:"),
            case("inputMode: File", "inputMode: FastFile", "error", "file systems are mounted only in File mode", "inputMode:"),
            case("inputMode: File", "inputMode: Pipe", "error", "file systems are mounted only in File mode", "inputMode:"),
            case("inputMode: File", "inputMode: file", "error", "must be one of Pipe, File, FastFile", "inputMode:"),
            case("inputMode: File", "compressionType: Gzip", "warning", "only in Pipe mode", "compressionType:"),
            // File systems.
            case("/abcdefgh/data/train", "/fsx/data/train", "warning", "the MountName of SCRATCH_1", "directoryPath: /fsx"),
            case(
                "/abcdefgh/data/train",
                "/data/train",
                "error",
                "does not begin with the file system's MountName",
                "directoryPath: /data",
            ),
            case("/abcdefgh/data/train", "abcdefgh/data/train", "error", "does not begin with", "directoryPath:"),
            case("fs-0123456789abcdef0", "fsx-1", "error", "does not match", "fileSystemID:"),
            case(
                "fileSystemType: FSxLustre",
                "fileSystemType: Lustre",
                "error",
                "must be one of EFS, FSxLustre",
                "fileSystemType:",
            ),
            case("fileSystemAccessMode: ro", "fileSystemAccessMode: r", "error", "must be one of rw, ro", "fileSystemAccessMode:"),
            case("fileSystemAccessMode: ro", "fileSystemAccessMode: rw", "note", "rw gains nothing", "fileSystemAccessMode:"),
            case(
                "vpcConfig:\n    securityGroupIDs: [sg-0123456789abcdef0]\n    subnets: [subnet-0123456789abcdef0]\n  ",
                "",
                "error",
                "vpcConfig is missing",
                "fileSystemDataSource:",
            ),
            case("[sg-0123456789abcdef0]", "[lustre]", "error", "\"lustre\" in securityGroupIDs is not an id", "lustre"),
            case(
                "/abcdefgh/data/validation",
                "/abcdefgh/data/train/",
                "warning",
                "hold the same files",
                "directoryPath: /abcdefgh/data/train/",
            ),
            case("/abcdefgh/data/validation", "/abcdefgh/data", "warning", "hold the same files", "directoryPath: /abcdefgh/data"),
            // Machines and time.
            case("instanceCount: 1", "instanceCount: 2", "note", "the 2 instances talk to each other", "securityGroupIDs:"),
            case("ml.m5.2xlarge", "ml.p3.2xlarge", "note", "has accelerators", "instanceType:"),
            case("ml.m5.2xlarge", "ml.m7g.2xlarge", "error", "Graviton", "instanceType:"),
            case("ml.m5.2xlarge", "m5.2xlarge", "error", "is not a SageMaker instance type", "instanceType:"),
            case("ml.m5.2xlarge", "ml.q9.2xlarge", "warning", "belongs to a family on which SageMaker", "instanceType:"),
            case("    volumeSizeInGB: 30\n", "", "warning", "volumeSizeInGB is missing", "resourceConfig:"),
            case(
                "maxWaitTimeInSeconds: 7200",
                "maxWaitTimeInSeconds: 1800",
                "error",
                "maxWaitTimeInSeconds is less than",
                "maxWaitTimeInSeconds",
            ),
            case("    maxWaitTimeInSeconds: 7200", "", "error", "maxWaitTimeInSeconds must be given", "enableManagedSpotTraining"),
            case("  enableManagedSpotTraining: true\n", "", "error", "is only for spot instances", "maxWaitTimeInSeconds"),
            case(
                "  checkpointConfig:\n    s3URI: s3://sapwood-example/checkpoints/sapwood-mnist\n",
                "",
                "warning",
                "a spot job without checkpointConfig",
                "enableManagedSpotTraining",
            ),
            case("    maxRuntimeInSeconds: 3600\n", "", "warning", "maxRuntimeInSeconds is missing", "stoppingCondition"),
            case("s3://sapwood-example/models", "/models", "error", "does not match", "s3OutputPath"),
            // Image and metrics.
            case("/sapwood:0.1.0", "/sagemaker-xgboost:1.7-1", "note", "the built-in XGBoost", "trainingImage:"),
            case(
                "    trainingImage: 111122223333.dkr.ecr.us-west-2.amazonaws.com/sapwood:0.1.0\n",
                "",
                "error",
                "trainingImage is missing",
                "algorithmSpecification:",
            ),
            case("train-merror:([-+0-9.e]+)", "train-merror:(\\S+)", "error", "finds \"0.25000#011validation-merror", "regex:"),
            case("train-merror:([-+0-9.e]+)", "train-rmse:([-+0-9.e]+)", "warning", "finds nothing in the lines", "regex:"),
            case("train-merror:([-+0-9.e]+)", "\\ttrain-merror:([-+0-9.e]+)", "warning", "where tabs are written #011", "regex:"),
            case(
                "train-merror:([-+0-9.e]+)",
                "validation-merror:([-+0-9.e]+)",
                "warning",
                "called train:merror, and regex finds validation-merror",
                "regex:",
            ),
            case("train-merror:([-+0-9.e]+)", "train-merror:[-+0-9.e]+", "error", "has no capture group", "regex:"),
            case("train-merror:([-+0-9.e]+)", "train-merror:([-+0-9.e]+", "error", "is not a regular expression", "regex:"),
            case("train-merror:([-+0-9.e]+)", "train-merror:(?=0)([-+0-9.e]+)", "note", "cannot be checked here", "regex:"),
        ],
    );
}

/// `#011` is how AWS's own definitions write a tabulator.
#[test]
fn the_built_in_algorithm_s_patterns_are_fine() {
    let text =
        example("kubernetes/training-job.yaml").replace(".*validation-merror:([-+0-9.e]+)", r".*#011validation-merror:(\S+)");
    Findings::in_text("a.yaml", &text).has_no("warning");
}

#[test]
fn mistakes_in_a_request() {
    try_cases(
        "sagemaker/create-training-job.json",
        &[
            case("\"RoleArn\"", "\"RoleARN\"", "error", "unknown field RoleARN", "\"RoleARN\""),
            case("\"num_round\": \"200\"", "\"num_round\": 200", "error", "num_round is a number", "\"num_round\": 200"),
            case("\"FileSystemId\"", "\"FileSystemID\"", "error", "unknown field FileSystemID", "\"FileSystemID\""),
            case(
                "\"TrainingInputMode\"",
                "\"ContainerEntrypoint\": [\"python\"], \"TrainingInputMode\"",
                "warning",
                "starts a program other than",
                "\"ContainerEntrypoint\"",
            ),
            case(
                "\"TrainingInputMode\"",
                "\"ContainerArguments\": [\"eta=1\"], \"TrainingInputMode\"",
                "error",
                "replaces the word train",
                "\"ContainerArguments\"",
            ),
            case("\"SecurityGroupIds\"", "\"SecurityGroupIDs\"", "error", "unknown field SecurityGroupIDs", "\"SecurityGroupIDs\""),
            case(
                "\"TrainingJobName\": \"sapwood-mnist\",",
                "\"TrainingJobName\": \"a\", \"TrainingJobName\": \"b\",",
                "error",
                "TrainingJobName is given twice",
                "\"TrainingJobName\": \"b\"",
            ),
            case("\"ml.m5.2xlarge\",", "\"ml.m5.2xlarge\"", "error", "expected `,` or `}`", ""),
        ],
    );
}

#[test]
fn same_data_decides_how_bad_the_same_data_are() {
    let text = example("sagemaker/create-training-job.json").replace("/abcdefgh/data/validation", "/abcdefgh/data/train");
    Findings::in_text("a.json", &text).has("warning", "hold the same files", "\"DirectoryPath\"");
    let strict = text.replace("\"eta\": \"0.2\"", "\"same_data\": \"error\"");
    Findings::in_text("a.json", &strict).only_error("hold the same files", "\"DirectoryPath\"");
}

#[test]
fn limits_of_the_api() {
    let text = example("sagemaker/create-training-job.json");
    let many: String = (0..95).map(|index| format!("\"sagemaker_{index}\": \"x\", ")).collect();
    let more = text.replace("\"objective\"", &format!("{many}\"objective\""));
    Findings::in_text("a.json", &more).has(
        "error",
        "HyperParameters has 102 entries; at most 100 are allowed",
        "\"HyperParameters\"",
    );
    let long = text.replace("\"0.2\"", &format!("\"0.2{}\"", "0".repeat(2500)));
    Findings::in_text("a.json", &long).only_error("eta has 2503 characters; at most 2500 are allowed", "\"eta\"");
    let name = format!("\"sagemaker_{}\"", "x".repeat(250));
    Findings::in_text("a.json", &text.replace("\"eta\"", &name)).has("error", "characters in its name", &name[..50]);
    let fields: String = (0..3000).map(|index| format!("\"nonsense_{index}\": 1, ")).collect();
    let found = Findings::in_text("a.json", &text.replacen("\"RoleArn\"", &format!("{fields}\"RoleArn\""), 1));
    assert_eq!(found.all.len(), 1001);
    found.has("error", "only the first 1000 findings are shown", "");
}

#[test]
fn sources_in_s3() {
    let channel = |source: Value, mode: &str| json!({"ChannelName": "train", "ContentType": "text/csv", "InputMode": mode, "DataSource": {"S3DataSource": source}});
    let request = |channels: Value| {
        let mut request: Value = serde_json::from_str(&example("sagemaker/create-training-job.json")).unwrap();
        request["InputDataConfig"] = channels;
        request["HyperParameters"] = json!({"num_round": "3"});
        request["AlgorithmSpecification"]["MetricDefinitions"] = json!([]);
        Findings::in_text("a.json", &format!("{request:#}"))
    };
    let prefix = json!({"S3DataType": "S3Prefix", "S3Uri": "s3://b/train"});
    for mode in ["File", "FastFile", "Pipe"] {
        request(json!([channel(prefix.clone(), mode)])).has_no("error");
    }
    let manifest = json!({"S3DataType": "ManifestFile", "S3Uri": "s3://b/train.manifest"});
    request(json!([channel(manifest, "FastFile")])).only_error("FastFile mode allows only S3Prefix", "\"InputMode\"");
    let augmented = json!({"S3DataType": "AugmentedManifestFile", "S3Uri": "s3://b/x"});
    request(json!([channel(augmented, "Pipe")])).only_error("the trainer does not read", "\"S3DataType\"");
    let mut same = channel(json!({"S3DataType": "S3Prefix", "S3Uri": "s3://b/train/"}), "File");
    same["ChannelName"] = json!("validation");
    request(json!([channel(prefix.clone(), "File"), same])).has("warning", "hold the same files", "\"S3Uri\"");
    let mut framed = channel(prefix.clone(), "Pipe");
    framed["ContentType"] = json!("application/x-parquet");
    framed["RecordWrapperType"] = json!("RecordIO");
    request(json!([framed])).only_error("in RecordIO frames", "\"RecordWrapperType\"");
    request(json!([{"ChannelName": "train", "DataSource": {}}])).only_error("the channel has no source", "\"DataSource\"");
}

#[test]
fn ranking_needs_groups_and_times_need_bounds() {
    let request = |content_type: Option<&str>, more: Value| {
        let source = json!({"S3DataType": "S3Prefix", "S3Uri": "s3://b/train/"});
        let mut channel = json!({"ChannelName": "train", "DataSource": {"S3DataSource": source}});
        if let Some(text) = content_type {
            channel["ContentType"] = json!(text);
        }
        let mut hyperparameters = json!({"num_round": "5", "objective": "rank:ndcg"});
        hyperparameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut request: Value = serde_json::from_str(&example("sagemaker/create-training-job.json")).unwrap();
        request["InputDataConfig"] = json!([channel]);
        request["HyperParameters"] = hyperparameters;
        request["AlgorithmSpecification"]["MetricDefinitions"] = json!([]);
        Findings::in_text("a.json", &format!("{request:#}"))
    };
    request(Some("text/csv"), json!({})).has("error", "rank:ndcg without group_column", "");
    request(Some("application/x-recordio-protobuf"), json!({})).has("error", "recordio data have no place", "");
    request(None, json!({})).has("warning", "works only with libsvm data whose rows have a qid", "");
    request(Some("text/libsvm"), json!({})).has_no("error");
    request(Some("text/csv"), json!({"group_column": "query"})).has_no("error");
    let times = |content_type: &str, more: Value| {
        let mut hyperparameters = json!({"objective": "survival:aft"});
        hyperparameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request(Some(content_type), hyperparameters)
    };
    let bounds = json!({"label_lower_bound_column": "lo", "label_upper_bound_column": "hi"});
    times("text/csv", json!({})).has("error", "survival:aft needs two bounds of each row's time, and nothing says", "");
    times("text/csv", bounds.clone()).has_no("error");
    times("text/libsvm", bounds).has("error", "for which libsvm data have no place", "");
}

#[test]
fn mistakes_in_a_tuning_job() {
    try_cases(
        "kubernetes/tuning-job.yaml",
        &[
            case("type_: Minimize", "type: Minimize", "error", "unknown field type", "type:"),
            case("type_: Minimize", "type_: Maximize", "error", "merror is better the lower it is", "type_:"),
            case(
                "metricName: validation:merror",
                "metricName: validation:rmse",
                "error",
                "nothing in metricDefinitions is called",
                "metricName:",
            ),
            case("validation-merror:(", "validation-rmse:(", "error", "the trainer prints nothing", "metricName:"),
            case("maxValue: \"0.5\"", "maxValue: \"1.5\"", "error", "eta=1.5 is out of range", "maxValue: \"1.5\""),
            case("minValue: \"0.02\"", "minValue: \"0.9\"", "error", "is not below", "minValue: \"0.9\""),
            case("minValue: \"0.02\"", "minValue: \"0\"", "error", "a logarithmic scale needs values above 0", "scalingType:"),
            case("minValue: \"0.02\"", "minValue: 0.02", "error", "minValue must be a string", "minValue: 0.02"),
            case("{name: eta,", "{name: etta,", "error", "unknown parameter etta", "name: etta"),
            case("{name: eta,", "{name: max_bin,", "error", "max_bin is an integer", "name: max_bin"),
            case("{name: eta,", "{name: num_class,", "error", "num_class is also set to a fixed value", "name: num_class"),
            case("{name: eta,", "{name: colsample_bytree,", "error", "colsample_bytree has two ranges", "name: colsample_bytree"),
            case("{name: eta,", "{name: sketch_eps,", "warning", "sketch_eps has no effect", "name: sketch_eps"),
            case("metricName: validation:merror", "metricName: validation:what", "error", "what", "metricName:"),
            case("eval_metric: merror", "eval_metric: what", "error", "what", "eval_metric:"),
            case("strategy: Bayesian", "strategy: Bayes", "error", "must be one of", "strategy:"),
            case(
                "    staticHyperParameters:",
                "    hyperParameters:",
                "error",
                "unknown field hyperParameters",
                "hyperParameters:",
            ),
            case("      num_round: \"500\"\n", "", "error", "missing required parameter num_round", "staticHyperParameters:"),
            case(
                "    stoppingCondition:\n      maxRuntimeInSeconds: 3600\n",
                "",
                "error",
                "stoppingCondition is missing",
                "trainingJobDefinition",
            ),
            case("channelName: train", "channelName: Train", "error", "the channel train is missing", "channelName: Train"),
        ],
    );
}

#[test]
fn a_tuning_job_may_have_several_definitions() {
    let mut request: Value = serde_json::from_str(&example("sagemaker/create-hyper-parameter-tuning-job.json")).unwrap();
    let mut definition = request["TrainingJobDefinition"].take();
    request.as_object_mut().unwrap().remove("TrainingJobDefinition");
    let configuration = &mut request["HyperParameterTuningJobConfig"];
    definition["HyperParameterRanges"] = configuration["ParameterRanges"].take();
    definition["TuningObjective"] = configuration["HyperParameterTuningJobObjective"].take();
    for name in ["ParameterRanges", "HyperParameterTuningJobObjective"] {
        configuration.as_object_mut().unwrap().remove(name);
    }
    let mut other = definition.clone();
    request["TrainingJobDefinitions"] = json!([definition, other]);
    Findings::in_text("a.json", &format!("{request:#}")).has_no("warning");
    other["StaticHyperParameters"]["eta"] = json!("0.1");
    request["TrainingJobDefinitions"][1] = other;
    Findings::in_text("a.json", &format!("{request:#}")).only_error("eta is also set to a fixed value", "\"Name\": \"eta\"");
}

#[test]
fn mistakes_in_pods() {
    try_cases(
        "kubernetes/job.yaml",
        &[
            case("args: [train]", "args: [fit]", "error", "args must begin with train or serve", "name: train"),
            case("args: [train]", "command: [sh, -c, train]", "error", "args must begin with train or serve", "name: train"),
            case(
                "            - {name: config, mountPath: /opt/ml/input/config, readOnly: true}\n",
                "",
                "error",
                "nothing is mounted at /opt/ml/input/config",
                "name: train",
            ),
            case(
                "mountPath: /opt/ml/model,",
                "mountPath: /opt/ml/modell,",
                "error",
                "nothing is mounted at /opt/ml/model",
                "name: train",
            ),
            case("subPath: data/train, readOnly: true", "subPath: data/train", "warning", "is not read-only", "{name: fsx"),
            case(
                "subPath: sapwood/mnist/model}",
                "subPath: sapwood/mnist/model, readOnly: true}",
                "error",
                "is read-only",
                "{name: fsx",
            ),
            case(
                "{name: tmp, mountPath: /tmp}",
                "{name: temp, mountPath: /tmp}",
                "error",
                "there is no volume \"temp\"",
                "{name: temp",
            ),
            case(
                "terminationGracePeriodSeconds: 120",
                "terminationGracePeriodSeconds: 30",
                "warning",
                "terminationGracePeriodSeconds is less",
                "terminationGracePeriodSeconds",
            ),
            case("value: fail", "value: \"\"", "warning", "the Job would be marked complete", "name: train"),
            case("values: [2]", "values: [3]", "warning", "exit code 2 does not lead to FailJob", "podFailurePolicy"),
            case("containerName: train", "containerName: trainer", "error", "there is no container \"trainer\"", "containerName:"),
            case("restartPolicy: Never", "restartPolicy: OnFailure", "error", "needs restartPolicy Never", "spec:"),
            case("kind: Job", "kind: Deployment", "error", "a Deployment would start it again", "kind:"),
            case("        runAsNonRoot: true\n", "", "warning", "runAsNonRoot", "name: train"),
            case(
                "automountServiceAccountToken: false",
                "automountServiceAccountToken: true",
                "warning",
                "automountServiceAccountToken is not false",
                "name: train",
            ),
            // In the configuration files, at their own places.
            case("\"eta\": \"0.2\"", "\"etta\": \"0.2\"", "error", "unknown parameter etta", "\"etta\""),
            case(
                "\"early_stopping_rounds\": \"20\"",
                "\"early_stopping_rounds\": \"x\"",
                "error",
                "early_stopping_rounds=\"x\"",
                "\"early_stopping_rounds\"",
            ),
            case(
                "\"TrainingInputMode\": \"File\"",
                "\"TrainingInputMode\": \"Mapped\"",
                "error",
                "\"Mapped\" is unknown",
                "\"TrainingInputMode\"",
            ),
            case("{\"train\":  ", "{\"learn\":  ", "error", "the channel train is missing", ""),
            case("\"num_class\": \"10\", ", "\"num_class\": \"10\" ", "error", "hyperparameters.json is not JSON", "\"num_round\""),
        ],
    );
    try_cases(
        "kubernetes/prepare.yaml",
        &[
            case("        - name: fsx\n", "        - name: fs\n", "error", "there is no volume \"fsx\"", "{name: fsx"),
            case("          image: ", "          # image: ", "error", "image is missing", "name: prepare"),
        ],
    );
    let started = |how: &str| Findings::in_text("a.yaml", &example("kubernetes/job.yaml").replace("args: [train]", how));
    for how in ["command: [/usr/bin/sapwood, train]", "command: [sapwood]\n          args: [train, eta=0.1]", "command: [train]"] {
        started(how).has_no("error");
    }
    try_cases(
        "kubernetes/serve.yaml",
        &[
            case("containerPort: 8080", "containerPort: 8081", "warning", "listens on 8080", "name: serve"),
            case("path: /ping", "path: /health", "warning", "startupProbe does not request /ping", "name: serve"),
            case("          image: ", "          # image: ", "error", "image is missing", "name: serve"),
        ],
    );
}

/// Wrong values are found by what the error says of itself: each at its place, however many there are.
#[test]
fn every_wrong_parameter_is_found_at_once() {
    let text = json!({
        "num_round": "many", "eta": "2", "learning_rate": "0.1", "booster": "gblinear", "max_depth": "0", "silent": "1", "what": {"a": 1},
        "eval_metric": "rmse,what",
    });
    let tree = Tree::new();
    tree.write("input/config/hyperparameters.json", format!("{text:#}"));
    let found = Findings::of(&tree.text(""));
    for (message, at) in [
        ("num_round=\"many\" is not a valid value", "\"num_round\""),
        ("eta is given twice", "\"learning_rate\""),
        ("eta=2 is out of range", "\"eta\""),
        ("booster=\"gblinear\" is not supported", "\"booster\""),
        ("max_depth=0 and max_leaves=0 leave", "\"max_depth\""),
        ("what is an object", "\"what\""),
        ("unknown metric \"what\"", "\"eval_metric\""),
    ] {
        found.has("error", message, at);
    }
    found.has("note", "silent=1 has no effect", "\"silent\"");
    let errors = found.all.iter().filter(|finding| finding["severity"] == "error");
    assert!(errors.clone().all(|finding| finding["message"] != "missing required parameter num_round"), "{:#?}", found.all);
}

#[test]
fn this_image_in_a_kind_without_rules_is_said() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers: [{name: x, image: 'a/sapwood:1'}]\n";
    Findings::in_text("pod.yaml", pod).has("warning", "for whose pods the doctor has no rules", "image: 'a/sapwood:1'");
}

#[test]
fn every_document_of_the_repository_is_clean() {
    let mut files = Vec::new();
    for directory in ["container/kubernetes", "container/kubernetes/migration", "container/sagemaker"] {
        let entries = fs::read_dir(repository().join(directory)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "json")));
    }
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let found = Findings::of(file.to_str().unwrap());
        found.has_no("error");
        // The migration's old side is there for its mistakes.
        if !file.ends_with("migration/operator.yaml") {
            found.has_no("warning");
        }
    }
}

#[test]
fn text_for_people_has_place_text_and_remedy() {
    let tree = Tree::new();
    let text = example("kubernetes/migration/operator.yaml");
    let file = tree.write("old.yaml", &text);
    let run = sapwood(["doctor", file.to_str().unwrap()]).ok();
    let (line, column) = place(&text, "directoryPath: /fsx");
    let expected = format!("old.yaml:{line}:{column}: warning: directoryPath begins with /fsx");
    assert!(run.stdout.contains(&expected), "{}", run.stdout);
    assert!(run.stdout.contains("\n    directoryPath: /fsx/sagemaker/xgboost-mnist\n    fix: begin it with"), "{}", run.stdout);
    assert!(run.stdout.contains("hold the same files"), "{}", run.stdout);
    assert_eq!(run.stderr, "0 errors, 4 warnings\n");
    sapwood(["doctor", "/nowhere.yaml"]).user_error(&["/nowhere.yaml", "No such file"]);
}

#[test]
fn the_retired_operator_s_manifest_becomes_ack_s() {
    let old = repository().join("container/kubernetes/migration/operator.yaml");
    let run = sapwood(["doctor", "--translate", old.to_str().unwrap()]).ok();
    assert_eq!(run.stdout, fs::read_to_string(repository().join("tests/golden/translated.yaml.txt")).unwrap());
    assert!(run.stderr.contains("the MountName of SCRATCH_1"), "{}", run.stderr);
    // With the three values that the README names, it is the example's other side.
    let image = "\"433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1\"";
    let image = if run.stdout.contains(image) { image } else { image.trim_matches('"') };
    let mended = run.stdout.replace(image, "111122223333.dkr.ecr.us-west-2.amazonaws.com/sapwood:0.1.0");
    let mended = mended.replacen("/fsx/sagemaker/xgboost-mnist", "/abcdefgh/data/train", 1);
    let mended = mended.replacen("/fsx/sagemaker/xgboost-mnist", "/abcdefgh/data/validation", 1);
    let flow = mended.replace("securityGroupIDs:\n      - sg-0123456789abcdef0", "securityGroupIDs: [sg-0123456789abcdef0]");
    let flow = flow.replace("subnets:\n      - subnet-0123456789abcdef0", "subnets: [subnet-0123456789abcdef0]");
    assert_eq!(flow, example("kubernetes/migration/ack.yaml"));
    let found = Findings::in_text("new.yaml", &mended);
    found.has_no("error");
    found.has_no("warning");
}

#[test]
fn what_cannot_be_translated_is_said() {
    let tree = Tree::new();
    let text = example("kubernetes/migration/operator.yaml");
    let translate = |text: &str| {
        let file = tree.write("old.yaml", text);
        sapwood(["doctor", "--translate", file.to_str().unwrap()])
    };
    let run = translate(&text.replace("roleArn", "rolearn"));
    run.user_error(&["fix the errors first"]);
    assert!(run.stdout.is_empty() && run.stderr.contains("unknown field rolearn"), "{run:#?}");
    translate(&text.replace("  region: us-west-2\n", "")).user_error(&["fix the errors"]);
    translate(&text.replace("name: fsx-xgboost-mnist", "name: fsx.xgboost")).user_error(&["fix the errors"]);
    translate(&example("kubernetes/migration/ack.yaml")).user_error(&["holds no manifest of the retired operator"]);
    translate("a: [").user_error(&["old.yaml:2:1: "]);
    // A name of its own stays, the endpoint goes, and documents of others remain.
    let own =
        text.replace("  region: us-west-2\n", "  region: us-west-2\n  trainingJobName: own\n  sageMakerEndpoint: https://x\n");
    let run = translate(&format!("{own}---\nkind: Namespace\napiVersion: v1\nmetadata: {{name: \"1\"}}\n")).ok();
    assert!(run.stdout.contains("  trainingJobName: own\n") && !run.stdout.contains("sageMakerEndpoint"), "{}", run.stdout);
    assert!(run.stdout.ends_with("---\nkind: Namespace\napiVersion: v1\nmetadata:\n  name: \"1\"\n"), "{}", run.stdout);
}

#[test]
fn the_operator_s_tuning_jobs_are_translated_too() {
    let text = "\
apiVersion: sagemaker.aws.amazon.com/v1
kind: HyperparameterTuningJob
metadata: {name: search, namespace: ml}
spec:
  region: eu-west-1
  hyperParameterTuningJobConfig:
    strategy: Bayesian
    hyperParameterTuningJobObjective: {type: Minimize, metricName: \"validation:rmse\"}
    resourceLimits: {maxNumberOfTrainingJobs: 4, maxParallelTrainingJobs: 2}
    parameterRanges:
      continuousParameterRanges: [{name: eta, minValue: \"0.1\", maxValue: \"0.5\", scalingType: Linear}]
  trainingJobDefinition:
    roleArn: arn:aws:iam::111122223333:role/sapwood-execution
    algorithmSpecification:
      trainingImage: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/sapwood:0.1.0
      trainingInputMode: File
      metricDefinitions: [{name: \"validation:rmse\", regex: 'validation-rmse:([0-9.]+)'}]
    staticHyperParameters: [{name: num_round, value: \"10\"}, {name: missing_values, value: \"y\"}]
    inputDataConfig:
      - {channelName: train, dataSource: {s3DataSource: {s3DataType: S3Prefix, s3Uri: 's3://b/train'}}}
      - {channelName: validation, dataSource: {s3DataSource: {s3DataType: S3Prefix, s3Uri: 's3://b/valid'}}}
    outputDataConfig: {s3OutputPath: 's3://b/out', kmsKeyId: k}
    resourceConfig: {instanceCount: 1, instanceType: ml.m5.xlarge, volumeSizeInGB: 5}
    stoppingCondition: {maxRuntimeInSeconds: 600}
";
    let tree = Tree::new();
    let file = tree.write("old.yaml", text);
    let run = sapwood(["doctor", "--translate", file.to_str().unwrap()]).ok();
    for line in [
        "kind: HyperParameterTuningJob\n",
        "    services.k8s.aws/region: eu-west-1\n",
        "  hyperParameterTuningJobName: search\n",
        "      type_: Minimize\n",
        "      missing_values: \"y\"\n",
        "            s3URI: s3://b/train\n",
        "      kmsKeyID: k\n",
    ] {
        assert!(run.stdout.contains(line), "no {line:?} in\n{}", run.stdout);
    }
    let found = Findings::in_text("new.yaml", &run.stdout);
    found.has_no("error");
    found.has_no("warning");
}

fn tree(hyperparameters: Value) -> Job {
    Job::on(csv(400, 1, class_of_three), hyperparameters).file("validation/v.csv", csv(100, 2, class_of_three))
}

fn softmax() -> Value {
    json!({"num_round": "5", "objective": "multi:softmax", "num_class": "3"})
}

fn look(job: &Job) -> Findings {
    let before = job.tree.files("");
    let found = Findings::of(&job.tree.text(""));
    assert_eq!(job.tree.files(""), before, "the doctor writes nothing");
    found
}

#[test]
fn a_tree_is_read_as_the_trainer_reads_it() {
    let found = look(&tree(softmax()).file("train/_SUCCESS", "").file("holdout/h.csv", csv(50, 3, class_of_three)));
    found.has_no("error");
    found.has_no("warning");
    found.has("note", "channel train: CSV, 4 features (0 of them categorical)", "");
    found.has("note", "about 400 rows; training on them takes about", "");
    found.has("note", "skipped hidden", "");
}

#[test]
fn mistakes_in_a_tree() {
    let empty = Tree::new();
    Findings::of(&empty.text("")).only_error("there is no directory input", "");
    let job = tree(json!({"num_round": "5", "objective": "multi:softmax", "num_class": "2"}));
    look(&job).has("error", "channel train: ", "");
    let job = tree(json!({"num_round": "5", "eta": "2"}));
    let found = look(&job);
    let finding = found.has("error", "eta=2 is out of range", "\"eta\"");
    assert!(finding["file"].as_str().unwrap().ends_with("input/config/hyperparameters.json"));
    let channels =
        json!({"train": {"TrainingInputMode": "File"}, "test": {"ContentType": "image/png"}, "x": {"contentType": "text/csv"}});
    let found = look(&tree(softmax()).config("inputdataconfig.json", channels));
    found.has("error", "\"image/png\" is unknown", "\"ContentType\"");
    found.has("warning", "contentType is a field that the trainer does not know", "\"contentType\"");
    let found = look(&tree(softmax()).config("inputdataconfig.json", json!({"train": null, "test": null})));
    found.only_error("channel test: ", "");
    let found = look(&tree(softmax()).config("resourceconfig.json", json!({"hosts": ["algo-1", "algo-2"]})));
    found.only_error("this host is called \"\", which is none of algo-1, algo-2", "\"hosts\"");
    let found = look(&Job::on(csv(100, 1, class_of_three), softmax()).file("validation/v.csv", "1,2\n"));
    found.only_error("channel validation: ", "");
    let found = look(&Job::on("1,2,x\n0,\"3\n", json!({"num_round": "1"})));
    assert!(found.run.code == Some(2), "{:#?}", found.all);
    let same = csv(100, 1, class_of_three);
    let job = Job::on(&same, softmax());
    std::os::unix::fs::symlink(job.tree.path("input/data/train"), job.tree.path("input/data/validation")).unwrap();
    look(&job).has("warning", "are the same data", "");
    let found = look(&Job::on(&same, json!({"num_round": "1", "early_stopping_rounds": "3"})));
    found.only_error("early_stopping_rounds needs a channel called validation", "");
}

#[test]
fn checkpoints_of_an_earlier_run_are_compared() {
    let job = tree(softmax()).config("checkpointconfig.json", json!({"LocalPath": "/opt/ml/checkpoints"}));
    job.run().ok();
    fs::remove_file(job.tree.path("model/model.sapwood")).unwrap();
    look(&job).has("warning", "the checkpoint has 5 rounds, and num_round is 5: there are no rounds left to train", "");
    let mut more = softmax();
    more["num_round"] = json!("9");
    job.tree.write("input/config/hyperparameters.json", more.to_string());
    let found = look(&job);
    found.has_no("warning");
    found.has("note", "the job will resume after 5 rounds", "");
    more["eta"] = json!("0.1");
    job.tree.write("input/config/hyperparameters.json", more.to_string());
    look(&job).only_error("the checkpoint was made with other parameters: eta is \"0.1\", it was \"0.3\"", "");
    for (path, _) in job.tree.checkpoints() {
        fs::write(path, "damaged").unwrap();
    }
    look(&job).has("warning", "skipped: not a Sapwood checkpoint", "");
}

/// The doctor's verdict on hyperparameters is the trainer's.
#[test]
fn doctor_and_trainer_agree() {
    for (hyperparameters, fails) in [
        (json!({"num_round": "2"}), false),
        (json!({"num_round": 2, "eta": 0.5, "csv_weights": false}), false),
        (json!({"num_round": "2", "max_depth": "0", "max_leaves": "8"}), false),
        (json!({"num_round": "2", "max_leaves": "1"}), true),
        (json!({"num_round": "2", "subsample": "0"}), true),
        (json!({"num_round": "2", "objective": "rank:pairwise"}), true),
        (json!({"num_round": "2", "eval_metric": "rmse,what"}), true),
        (json!({"eta": "0.1"}), true),
    ] {
        let job = Job::on(csv(200, 1, class_of_three), hyperparameters.clone());
        let found = look(&job);
        assert_eq!(found.run.code == Some(2), fails, "{hyperparameters}: {:#?}", found.all);
        assert_eq!(job.run().code == Some(2), fails, "{hyperparameters}");
    }
}

/// Ends of a text that are no YAML any more, and texts that are hardly any.
#[test]
fn nothing_is_no_job() {
    for text in [
        "",
        "---\n",
        "# only a comment\n",
        "\u{feff}",
        "42",
        "[]",
        "{}",
        "null",
        "kind: TrainingJob\n",
        "a: *a\n",
        "\0",
        "%YAML 9\n",
    ] {
        let found = Findings::in_text("a.yaml", text);
        assert!(!found.all.is_empty(), "{text:?}");
    }
    let tree = Tree::new();
    let file = tree.write("bytes.yaml", [0xff, 0xfe, 0x00]);
    sapwood(["doctor", file.to_str().unwrap()]).user_error(&["cannot be read"]);
    let long = tree.write("long.yaml", "# nothing\n".repeat(500_000));
    sapwood(["doctor", long.to_str().unwrap()]).user_error(&["is not a request or a manifest: it has more than"]);
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    assert!(Findings::in_text("deep.json", &deep).run.code == Some(2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// A damaged document is judged, whatever it is now, and never makes the doctor fail (exit code 1).
    #[test]
    fn damaged_documents_never_make_it_fail(which in 0usize..6, edits in prop::collection::vec((0.0f64..1.0, 0usize..8, ".{0,6}"), 1..4)) {
        const DOCUMENTS: [&str; 6] = [
            "kubernetes/training-job.yaml", "kubernetes/tuning-job.yaml", "kubernetes/job.yaml", "kubernetes/migration/operator.yaml",
            "sagemaker/create-training-job.json", "sagemaker/create-hyper-parameter-tuning-job.json",
        ];
        let mut text: Vec<char> = example(DOCUMENTS[which]).chars().collect();
        for (at, cut, insert) in edits {
            let at = (at * text.len() as f64) as usize;
            let end = (at + cut).min(text.len());
            text.splice(at..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        let tree = Tree::new();
        let file = tree.write("a.yaml", &text);
        for arguments in [vec!["doctor", "--json"], vec!["doctor", "--translate"]] {
            let run = sapwood(arguments.into_iter().chain([file.to_str().unwrap()]));
            prop_assert!(matches!(run.code, Some(0 | 2)), "{run:#?}\n{text}");
        }
    }
}

/// Every word of a valid document in turn is misspelt, and every misspelt field is found.
#[test]
fn every_misspelt_field_is_found() {
    let text = example("kubernetes/training-job.yaml");
    let spec = text.find("spec:\n").unwrap();
    let mut count = 0;
    for (at, _) in text.match_indices(": ").chain(text.match_indices(":\n")).filter(|(at, _)| *at > spec) {
        let start = text[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap() + 1;
        if start == at || text[..start].ends_with('"') || text[..start].ends_with('\'') {
            continue;
        }
        let changed = format!("{}x{}", &text[..at], &text[at..]);
        let found = Findings::in_text("a.yaml", &changed);
        let misspelt = format!("{}x", &text[start..at]);
        let line = place(&changed[..], &changed[start..=at]).0;
        let hit = found.all.iter().any(|f| f["severity"] == "error" && f["message"].as_str().unwrap().contains(&misspelt));
        assert!(hit, "{misspelt} (line {line}): {:#?}", found.all);
        count += 1;
    }
    assert!(count > 40, "{count}");
}
