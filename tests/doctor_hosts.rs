//! The doctor on jobs with several hosts.

use crate::doctor::{Findings, case, example, try_cases};

#[test]
fn mistakes_in_a_job_of_several_pods() {
    try_cases(
        "kubernetes/hosts.yaml",
        &[
            case(
                "  completions: 4",
                "  completions: 3",
                "error",
                "SAPWOOD_HOSTS is 4, but the Job has 3 completions",
                "completions:",
            ),
            case("  parallelism: 4", "  parallelism: 2", "error", "and a parallelism of 2", "completions:"),
            case(
                "completionMode: Indexed",
                "completionMode: NonIndexed",
                "error",
                "only where completionMode is Indexed",
                "completionMode:",
            ),
            case("  completionMode: Indexed\n", "", "error", "only where completionMode is Indexed", "completions:"),
            case(
                "value: mnist-hosts-0.",
                "value: mnist-0.",
                "error",
                "the Job's first pod is called mnist-hosts-0, not mnist-0",
                "value:",
            ),
            case("value: mnist-hosts-0.mnist-hosts", "value: mnist-hosts-0", "error", "it lacks the service", "value:"),
            case("      subdomain: mnist-hosts\n", "", "error", "its subdomain is not mnist-hosts", "spec:"),
            case("subdomain: mnist-hosts", "subdomain: mnist", "error", "its subdomain is not mnist-hosts", "subdomain:"),
            case(
                "            - name: SAPWOOD_LEADER\n              value: mnist-hosts-0.mnist-hosts\n",
                "",
                "error",
                "SAPWOOD_LEADER is missing",
                "",
            ),
            case("backoffLimit: 8", "backoffLimit: 3", "warning", "there would be no second attempt", "backoffLimit:"),
            case(
                "name: SAPWOOD_HOSTS\n",
                "name: SAPWOOD_LOG\n",
                "warning",
                "each of 4 pods trains a model of its own",
                "completions:",
            ),
            case("value: \"4\"", "value: four", "error", "SAPWOOD_HOSTS=\"four\" is not a value", "value:"),
        ],
    );
}

#[test]
fn mistakes_in_jobs_of_kubeflow() {
    try_cases(
        "kubernetes/trainer.yaml",
        &[
            case("    xgboost: {}\n", "", "warning", "each would train a model of its own", "mlPolicy:"),
            case("    xgboost: {}\n", "    torch: {}\n", "warning", "each would train a model of its own", "mlPolicy:"),
            case("    xgboost: {}\n", "    mpi: {}\n", "error", "by ssh, which the image lacks", "mlPolicy:"),
            case("args: [train]", "args: [trian]", "error", "args must begin with train or serve", ""),
        ],
    );
    let text = "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: {name: a}\nspec: {}\n";
    Findings::in_text("mpi.yaml", text).only_error("by ssh, which the image lacks", "kind: MPIJob");
}

#[test]
fn several_instances_share_what_channels_bring() {
    let one = example("sagemaker/create-training-job.s3.json");
    let text = one.replace("\"InstanceCount\": 1", "\"InstanceCount\": 4");
    let of = |text: &str| Findings::in_text("create-training-job.json", text);
    of(&text).has_no("error");
    of(&text).has_no("warning");
    let downloaded = text.replace("FastFile", "File");
    of(&downloaded).has("note", "each of 4 instances downloads all data", "\"S3DataDistributionType\"");
    let piped = text.replace("FastFile", "Pipe");
    of(&piped).has("error", "4 instances do not share what comes through a pipe", "\"S3DataDistributionType\"");
    let sharded = text.replace("FullyReplicated", "ShardedByS3Key");
    of(&sharded).has_no("error");
    of(&sharded).has("note", "each of 4 instances reads the objects that it is given", "\"S3DataDistributionType\"");
    let model =
        text.replace("\"ChannelName\": \"validation\"", "\"ChannelName\": \"model\"").replace("FullyReplicated", "ShardedByS3Key");
    let model = model.replace("    \"early_stopping_rounds\": \"20\"\n", "    \"nthread\": \"1\"\n");
    of(&model).has("error", "one of the instances would get the model", "\"S3DataDistributionType\"");
    // With one instance nothing of all this is said.
    of(&one.replace("FastFile", "File")).has_no("error");
}

#[test]
fn channels_reach_all_groups_of_instances() {
    let groups = "\"InstanceGroups\": [
      {\"InstanceGroupName\": \"small\", \"InstanceType\": \"ml.m5.large\", \"InstanceCount\": 2},
      {\"InstanceGroupName\": \"big\", \"InstanceType\": \"ml.m5.xlarge\", \"InstanceCount\": 1}]";
    let text = example("sagemaker/create-training-job.s3.json");
    let begin = text.find("\"InstanceType\"").unwrap();
    let end = begin + text[begin..].find("\"VolumeSizeInGB\"").unwrap();
    let text = format!("{}{groups},\n    {}", &text[..begin], &text[end..]);
    let found = Findings::in_text("create-training-job.json", &text);
    found.has_no("error");
    let named = |names: &str| {
        let uri = "\"S3Uri\": \"s3://sapwood-example/data/train/\",";
        text.replace(uri, &format!("{uri}\n          \"InstanceGroupNames\": [{names}],"))
    };
    Findings::in_text("create-training-job.json", &named("\"small\", \"big\"")).has_no("error");
    let found = Findings::in_text("create-training-job.json", &named("\"small\""));
    found.only_error("the instances of group big get nothing of this channel", "\"InstanceGroupNames\"");
}

#[test]
fn a_list_of_hosts_is_read_as_the_trainer_reads_it() {
    let of = |text: &str| Findings::in_text("resourceconfig.json", text);
    of("{\"current_host\": \"algo-2\", \"hosts\": [\"algo-1\", \"algo-2\"], \"network_interface_name\": \"eth0\"}").has_no("error");
    of("{\"current_host\": \"aws\", \"hosts\": [\"algo-1\", \"algo-2\"]}")
        .only_error("which is none of algo-1, algo-2", "\"current_host\"");
    of("{\"current_host\": \"algo-1\", \"hosts\": [\"algo-1\", \"algo-1\"]}")
        .only_error("algo-1 is listed twice", "\"current_host\"");
    of("{\"curent_host\": \"algo-1\", \"hosts\": [\"algo-1\"]}").has(
        "warning",
        "curent_host is a field that the trainer does not know",
        "",
    );
}
