//! `sapwood doctor` about machines, memory, pods' fields, endpoints, and where documents come from.

use crate::doctor::{Findings, case, example, try_cases};
use crate::sagemaker::Job;
use crate::util::{Tree, class_of_three, command, csv};
use serde_json::json;
use std::io::Write;
use std::process::Stdio;

#[test]
fn types_of_instances_that_there_are_not() {
    try_cases(
        "kubernetes/training-job.yaml",
        &[
            case(
                "ml.m5.2xlarge",
                "ml.m5.9xlarge",
                "error",
                "there is no ml.m5.9xlarge: SageMaker trains on ml.m5 in the sizes large, ",
                "instanceType:",
            ),
            case("ml.m5.2xlarge", "ml.m5.2xlrage", "error", "there is no ml.m5.2xlrage", "instanceType:"),
            case(
                "ml.m5.2xlarge",
                "ml.c5.12xlarge",
                "error",
                "in the sizes xlarge, 2xlarge, 4xlarge, 9xlarge, 18xlarge",
                "instanceType:",
            ),
            case("ml.m5.2xlarge", "ml.c7gn.2xlarge", "error", "Graviton", "instanceType:"),
            case("ml.m5.2xlarge", "ml.p5.48xlarge", "note", "has accelerators", "instanceType:"),
            case("ml.m5.2xlarge", "ml.5m.2xlarge", "warning", "belongs to a family on which SageMaker", "instanceType:"),
            case("ml.m5.2xlarge", "ml.m5", "error", "is not a SageMaker instance type", "instanceType:"),
        ],
    );
    let fix = |kind: &str| {
        let found = Findings::in_text("job.yaml", &example("kubernetes/training-job.yaml").replace("ml.m5.2xlarge", kind));
        let about = |finding: &&serde_json::Value| finding["text"].as_str().is_some_and(|text| text.starts_with("instanceType"));
        found.all.iter().find(about).map(|finding| finding["fix"].as_str().unwrap_or_default().to_string())
    };
    assert!(fix("ml.m5.2xlrage").unwrap().starts_with("did you mean ml.m5.2xlarge?"));
    assert_eq!(fix("ml.m55.2xlarge").unwrap(), "did you mean ml.m5.2xlarge?");
    assert_eq!(fix("m5.2xlarge").unwrap(), "write ml.m5.2xlarge");
    assert_eq!(fix("ml.r6i.32xlarge"), None);
}

#[test]
fn keys_and_disks_of_their_own() {
    let text = example("sagemaker/create-training-job.s3.json");
    Findings::in_text("a.json", &text).has_no("warning");
    let found = Findings::in_text("a.json", &text.replace("ml.m5.2xlarge", "ml.r5d.2xlarge"));
    found.only_error("ml.r5d.2xlarge has disks of its own, for which the API takes no key", "\"VolumeKmsKeyId\"");
    let tagged = text.replacen('{', "{\"Tags\": [{\"Key\": \"team\", \"Value\": \"data\"}],", 1);
    Findings::in_text("a.json", &tagged).has_no("error");
}

#[test]
fn classes_must_be_counted() {
    let text = example("sagemaker/create-training-job.json").replace("    \"num_class\": \"10\",\n", "");
    let found = Findings::in_text("a.json", &text);
    found.has_no("error");
    found.has("warning", "multi:softmax without num_class works only where labels are texts", "\"objective\"");
    let found = Findings::in_text("a.json", &text.replace("multi:softmax", "multiclass"));
    found.has("warning", "multi:softprob without num_class", "\"objective\"");
}

#[test]
fn a_time_budget_must_fit_into_the_time_of_the_job() {
    let text = example("sagemaker/create-training-job.json");
    let with = |time: &str| {
        let preset = format!("\"num_class\": \"10\",\n    \"preset\": \"best\",\n    \"time_budget\": \"{time}\",");
        Findings::in_text("a.json", &text.replace("\"num_class\": \"10\",", &preset).replace("\"num_round\"", "\"max_bin\""))
    };
    let found = with("400h");
    found.has("warning", "time_budget=1440000s is no less than MaxRuntimeInSeconds", "\"time_budget\"");
    with("60s").has_no("error");
    with("soon").has("error", "time_budget", "\"time_budget\"");
}

/// What the data of a tree take is held against the machines and limits of jobs that are checked with it.
#[test]
fn memory_that_is_too_small_for_the_data() {
    try_cases(
        "kubernetes/job.yaml",
        &[
            case(
                "limits: {cpu: \"4\", memory: 8Gi}",
                "limits: {cpu: \"4\", memory: 8}",
                "error",
                "the memory limit is 8 bytes",
                "memory: 8",
            ),
            case(
                "limits: {cpu: \"4\", memory: 8Gi}",
                "limits: {cpu: \"4\", memory: 800m}",
                "error",
                "the memory limit is 0.8",
                "memory: 800m",
            ),
            case(
                "limits: {cpu: \"4\", memory: 8Gi}",
                "limits: {cpu: \"4\", memory: 4Gi}",
                "error",
                "request is more than the limit",
                "memory: 8Gi",
            ),
            case(
                "limits: {cpu: \"4\", memory: 8Gi}",
                "limits: {cpu: \"4\", memory: 8GB}",
                "error",
                "the memory limit is not a quantity",
                "memory: 8GB",
            ),
        ],
    );
    let rows = csv(40_000, 1, class_of_three);
    let job = Job::on(&rows, json!({"num_round": "5", "objective": "multi:softmax", "num_class": "3"}));
    let small = example("kubernetes/job.yaml").replace("memory: 8Gi", "memory: 64Mi");
    let pod = job.tree.write("job.yaml", &small);
    let paths = [pod.to_str().unwrap(), &job.tree.text("")];
    let found = Findings::of_all(&paths);
    found.has_no("error");
    let finding = found.has("warning", "the memory limit is 64 MiB, and training on the data takes about", "memory: 64Mi");
    assert_eq!(finding["fix"], "give at least 1Gi");
    job.tree.write("job.yaml", example("kubernetes/job.yaml"));
    Findings::of_all(&paths).has_no("warning");
}

/// Twenty gigabytes of rows, of which only the first are there.
#[test]
fn machines_that_are_too_small_for_the_data() {
    let job = Job::on(csv(40_000, 1, class_of_three), json!({"num_round": "5", "objective": "multi:softmax", "num_class": "3"}));
    let large = job.tree.write("input/data/train/large.csv", csv(60_000, 2, class_of_three));
    std::fs::OpenOptions::new().write(true).open(large).unwrap().set_len(20 << 30).unwrap();
    let manifest = |text: String| job.tree.write("job.yaml", text).to_str().unwrap().to_string();
    let check = |manifest: String| Findings::of_all(&[&manifest, &job.tree.text("")]);
    let training = example("kubernetes/training-job.yaml");
    let found = check(manifest(training.replace("ml.m5.2xlarge", "ml.c5.xlarge")));
    found.has("warning", "ml.c5.xlarge has 8 GiB of memory, and training on the data takes about", "instanceType");
    let found = check(manifest(training.replace("ml.m5.2xlarge", "ml.r5.24xlarge")));
    assert!(found.all.iter().all(|finding| !finding["file"].as_str().unwrap().ends_with("job.yaml")), "{:#?}", found.all);
    let found = check(manifest(example("kubernetes/job.yaml")));
    found.has("warning", "the memory limit is 8192 MiB, and training on the data takes about", "memory: 8Gi");
}

#[test]
fn misspelt_fields_of_pods_are_found_and_taken_for_what_was_meant() {
    try_cases(
        "kubernetes/job.yaml",
        &[
            case(
                "          resources:\n            requests: {cpu: \"4\"",
                "          resource:\n            requests: {cpu: \"4\"",
                "error",
                "unknown field resource",
                "resource:",
            ),
            case(
                "          volumeMounts:\n            - {name: config",
                "          volumeMount:\n            - {name: config",
                "error",
                "unknown field volumeMount",
                "volumeMount:",
            ),
            case("mountPath: /opt/ml/model", "mountpath: /opt/ml/model", "error", "unknown field mountpath", "mountpath:"),
            case("runAsNonRoot", "runAsNonroot", "error", "unknown field runAsNonroot", "runAsNonroot:"),
            case("  backoffLimit:", "  backOffLimits:", "error", "unknown field backOffLimits", "backOffLimits:"),
            case("claimName", "claim", "error", "unknown field claim", "claim:"),
            case("onExitCodes", "onExitCode", "error", "unknown field onExitCode", "onExitCode:"),
            case("          args: [train]", "          arg: [train]", "error", "unknown field arg", "arg:"),
            case("      restartPolicy:", "      gpus: 1\n      restartPolicy:", "error", "unknown field gpus", "gpus:"),
        ],
    );
    // Each is one mistake, not two.
    for (from, to) in [
        ("resources:\n            requests: {cpu: \"4\"", "resource:\n            requests: {cpu: \"4\""),
        ("args: [train]", "arg: [train]"),
    ] {
        let found = Findings::in_text("job.yaml", &example("kubernetes/job.yaml").replacen(from, to, 1));
        found.only_error("unknown field", "");
        found.has_no("warning");
    }
}

#[test]
fn mistakes_about_models_and_endpoints() {
    try_cases(
        "sagemaker/create-model.json",
        &[
            case("model.tar.gz", "model.sapwood", "error", "ModelDataUrl must name a packed model", "\"ModelDataUrl\""),
            case("\"ModelDataUrl\"", "\"ModelDataURL\"", "error", "unknown field ModelDataURL", "\"ModelDataURL\""),
            case("\"Image\"", "\"Imago\"", "error", "unknown field Imago", "\"Imago\""),
            case(
                "\"PrimaryContainer\": {",
                "\"PrimaryContainer\": {\"Mode\": \"MultiModel\",",
                "error",
                "needs the prefix",
                "\"ModelDataUrl\"",
            ),
            case("role/sapwood-execution", "user/somebody", "error", "does not match", "\"ExecutionRoleArn\""),
        ],
    );
    try_cases(
        "sagemaker/create-endpoint-config.json",
        &[
            case("ml.m5.large", "ml.c7g.large", "error", "Graviton CPUs, and the image is for x86-64", "\"InstanceType\""),
            case("ml.m5.large", "ml.m5d.large", "error", "has disks of its own", "\"KmsKeyId\""),
            case("ml.m5.large", "ml.inf2.xlarge", "note", "has accelerators", "\"InstanceType\""),
            case("ml.m5.large", "m5.large", "error", "is not a SageMaker instance type", "\"InstanceType\""),
            case(
                "ml.m5.large",
                "ml.m5.8xlarge",
                "error",
                "there is no ml.m5.8xlarge: SageMaker serves models on ml.m5",
                "\"InstanceType\"",
            ),
            case("ml.m5.large", "ml.m7i-flex.large", "warning", "family on which SageMaker", "\"InstanceType\""),
            case(
                "\"InitialInstanceCount\": 1",
                "\"InitialInstanceCount\": 0",
                "error",
                "InitialInstanceCount is not at least 1",
                "",
            ),
            case("      \"ModelName\": \"sapwood-mnist\",\n", "", "error", "ModelName is missing", ""),
        ],
    );
    try_cases(
        "sagemaker/create-transform-job.json",
        &[
            case("ml.m5.large", "ml.c6i.9xlarge", "error", "SageMaker transforms batches on ml.c6i", "\"InstanceType\""),
            case(
                "    \"SplitType\": \"Line\"",
                "    \"SplitType\": \"None\"",
                "warning",
                "BatchStrategy says nothing",
                "\"BatchStrategy\"",
            ),
            case("    \"ContentType\": \"text/csv\",\n", "", "warning", "ContentType is missing", ""),
            case(
                "\"MaxPayloadInMB\": 6",
                "\"MaxConcurrentTransforms\": 20, \"MaxPayloadInMB\": 6",
                "error",
                "is 120, and may be 100",
                "\"MaxPayloadInMB\"",
            ),
            case(
                "\"Line\"\n  },\n  \"TransformOutput\"",
                "\"Lines\"\n  },\n  \"TransformOutput\"",
                "error",
                "must be one of None, Line",
                "\"SplitType\"",
            ),
        ],
    );
    try_cases(
        "sagemaker/create-endpoint.json",
        &[case("\"EndpointConfigName\"", "\"EndpointConfig\"", "error", "unknown field EndpointConfig", "\"EndpointConfig\"")],
    );
}

#[test]
fn directories_of_manifests_and_standard_input() {
    let tree = Tree::new();
    tree.write("jobs/a/job.yaml", example("kubernetes/training-job.yaml").replace("eta:", "etta:"));
    tree.write("jobs/b.json", example("sagemaker/create-endpoint.json"));
    tree.write("jobs/notes.txt", "{");
    tree.write("jobs/.hidden.yaml", "{");
    let found = Findings::of(&tree.text("jobs"));
    found.only_error("did you mean eta?", "etta");
    assert!(found.all.iter().all(|finding| finding["file"].as_str().unwrap().ends_with(".yaml")), "{:#?}", found.all);

    let mut doctor = command(["doctor", "--json", "-"]);
    doctor.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = doctor.spawn().unwrap();
    child.stdin.take().unwrap().write_all(example("sagemaker/create-model.json").replace(".tar.gz", "").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stdout).unwrap().contains("must name a packed model"));
}

/// What early stopping or a tuner waits for must be printed: in a request, and in a ConfigMap's files.
#[test]
fn metrics_of_sets_that_there_are_not() {
    let mut request: serde_json::Value = serde_json::from_str(&example("sagemaker/create-training-job.json")).unwrap();
    request["HyperParameters"]["_tuning_objective_metric"] = "holdout:merror".into();
    let found = Findings::in_text("a.json", &format!("{request:#}"));
    found.only_error("is a metric of holdout, and there is no channel holdout", "\"_tuning_objective_metric\"");
    request["HyperParameters"]["_tuning_objective_metric"] = "validation:merror".into();
    Findings::in_text("a.json", &format!("{request:#}")).has_no("error");

    let map = |hyperparameters: serde_json::Value, channels: serde_json::Value| {
        let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n";
        let text = format!("{head}  hyperparameters.json: |\n    {hyperparameters}\n  inputdataconfig.json: |\n    {channels}\n");
        Findings::in_text("map.yaml", &text)
    };
    let train = json!({"train": {"TrainingInputMode": "File"}});
    let both = json!({"train": {"TrainingInputMode": "File"}, "validation": {"TrainingInputMode": "File"}});
    let tuned = json!({"num_round": "5", "objective": "binary:logistic", "_tuning_objective_metric": "validation:auc"});
    map(tuned.clone(), train.clone()).only_error("is a metric of validation, and there is no channel", "\"_tuning");
    map(tuned, both.clone()).has_no("error");
    let stopping = json!({"num_round": "5", "early_stopping_rounds": "3"});
    map(stopping.clone(), train.clone()).only_error("early_stopping_rounds needs a channel called validation", "\"early");
    map(stopping, both.clone()).has_no("error");
    let classes = map(json!({"num_round": "5", "objective": "multi:softprob"}), both);
    classes.has("warning", "multi:softprob without num_class", "\"objective\"");
    map(json!({"num_round": "5", "early_stopping_rounds": "3", "validation_fraction": "0.2"}), train).has_no("error");
}
