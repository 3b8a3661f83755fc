# shellcheck shell=bash
# shellcheck disable=SC2154 # container/harness.bash sets the variables
# Training jobs. The data are the census set that the repository carries.

adult=$repository/datasets/adult
hyperparameters='{"num_round": "10", "eta": "0.1", "objective": "binary:logistic", "eval_metric": "logloss,auc", "label_column": "income"}'

# good_job [CHANGE]: a job that trains; CHANGE is a filter on its hyperparameters.
good_job() {
    job "$(jq "${1:-.}" <<<"$hyperparameters")"
    channel train "$adult/train.csv.gz"
    channel validation "$adult/test.csv.gz"
}

# Trains on the same inputs without a container: $directory/host.
train_on_host() {
    mkdir "$directory/host"
    cp -r "$ml/input" "$directory/host/input"
    SAGEMAKER_BASE_DIR=$directory/host "$executable" train >/dev/null 2>&1 || fail "the executable does not train here"
}

case_nonroot_trains_the_model_of_the_host() {
    good_job
    run train
    trained 10
    grep -qE $'\tvalidation-auc:0\\.[0-9]{5}$' "$directory/stdout" || fail "no validation metric"
    train_on_host
    cmp "$ml/model/model.sapwood" "$directory/host/model/model.sapwood"
}

case_root_trains() {
    good_job
    user=0 run train
    trained 10
}

case_a_user_without_a_name_trains() {
    good_job
    user=1234567 run train
    trained 10
}

case_no_argument_trains() {
    good_job
    run
    trained 10
}

case_an_entry_point_without_arguments_trains() {
    good_job
    entrypoint=/usr/local/bin/sapwood run
    trained 10
}

case_train_is_on_the_path() {
    good_job
    local words
    for words in '' train 'train --threads 1' '--threads 1'; do
        # shellcheck disable=SC2086 # none, one or more words
        entrypoint=train run $words
        trained 10
        rm "$ml/model/model.sapwood"
    done
}

case_hyperparameters_as_arguments() {
    good_job 'del(.num_round)'
    run train num_round=3
    trained 3
}

case_predictions_are_those_of_the_host() {
    good_job
    run train
    trained 10
    run predict --model /opt/ml/model/model.sapwood --data /opt/ml/input/data/validation --label income --out /opt/ml/output/data/predictions.csv
    has_code 0
    "$executable" predict --model "$ml/model/model.sapwood" --data "$ml/input/data/validation" --label income --out "$directory/predictions.csv"
    (($(wc -l <"$directory/predictions.csv") > 6000)) || fail "too few predictions"
    cmp "$ml/output/data/predictions.csv" "$directory/predictions.csv"
}

case_an_unknown_hyperparameter() {
    good_job '.max_deph = "3"'
    run train
    refused 'max_deph'
}

case_a_hyperparameter_out_of_range() {
    good_job '.eta = "-1"'
    run train
    refused 'eta=-1 is out of range'
}

case_a_missing_train_channel() {
    job "$hyperparameters"
    channel validation "$adult/test.csv.gz"
    run train
    refused 'the channel train is missing (found: validation)'
}

case_an_empty_channel() {
    job "$hyperparameters"
    channel train
    run train
    refused '/opt/ml/input/data/train'
}

case_no_tree_at_all() {
    mounts='' run
    has_code 2
    grep -q '^UserError: /opt/ml/input does not exist' "$directory/stderr" || fail "it does not say what is missing"
}

case_sigterm_saves_the_model() {
    good_job '.num_round = "1000000"'
    start train
    await stdout '^\[2\]'
    signal TERM
    finish
    trained "$(summary .trees)"
}

case_sigterm_fails_where_asked() {
    good_job '.num_round = "1000000"'
    environment=SAPWOOD_ON_SIGTERM=fail start train
    await stdout '^\[2\]'
    signal TERM
    finish
    has_code 143
    has_files "$ml/model" model.sapwood
}

case_a_read_only_model_directory() {
    good_job
    mounts="$(mount_of "$ml" /opt/ml) $(mount_of "$ml/model" /opt/ml/model ro)" run train
    refused '/opt/ml/model/model.sapwood: cannot be written: Read-only file system'
}

case_a_model_directory_of_somebody_else() {
    good_job
    mkdir "$directory/foreign"
    mounts="$(mount_of "$ml" /opt/ml) $(mount_of "$directory/foreign" /opt/ml/model)" run train
    refused '/opt/ml/model/model.sapwood: cannot be written: Permission denied'
}

# Kubernetes mounts a file of its own there.
case_the_failure_file_may_be_a_mount() {
    good_job '.eta = "-1"'
    touch "$directory/message"
    chmod 666 "$directory/message"
    mounts="$(mount_of "$ml" /opt/ml) $(mount_of "$directory/message" /opt/ml/output/failure)" run train
    has_code 2
    grep -q '^UserError: eta=-1' "$directory/message" || fail "it holds '$(cat "$directory/message")'"
}

case_no_file_outside_opt_ml() {
    good_job
    local listing='%p %y %m %U %G %s %T@\n'
    # The first run creates mount points.
    writable_root=true run --version
    find "$rootfs" -printf "$listing" >"$directory/before"
    user=0 writable_root=true run train
    trained 10
    find "$rootfs" -printf "$listing" | diff "$directory/before" -
}
