# shellcheck shell=bash
# shellcheck disable=SC2154 # container/harness.bash and container/cases/train.bash set the variables
# What AWS's own suite asks of an image that trains, and the job of the retired SageMaker operator. tests/conformance.rs has the suite's
# tables; here is what an image may break: mounts, pipes, checkpoints, and that messages get out.

# rows FIRST LAST: rows as CSV: a label of 0 or 1, two features that decide it nearly always. tests/golden/make_parquet.py has the same.
rows() {
    awk -v first="$1" -v last="$2" 'BEGIN {
        OFS = ","
        for (i = first; i <= last; i++) {
            a = i * 5 % 17
            b = i * 7 % 19
            print (a + b > 17) != (i * 11 % 13 == 0), a, b
        }
    }'
}

# Rows of CSV in other forms.
weighted() { awk -F , -v OFS=, -v ones="$1" '{ print $1, ($1 ? ones : 1), $2, $3 }'; }
libsvm() { awk -F , '{ print $1 " 1:" $2 " 2:" $3 }'; }
recordio() {
    perl -ne '
        sub field { my ($number, $content) = @_; chr($number << 3 | 2) . chr(length $content) . $content }
        sub entry { my ($map, @values) = @_; field($map, field(1, "values") . field(2, field(2, field(1, pack "f<*", @values)))) }
        chomp;
        my ($label, @features) = split /,/;
        my $record = entry(1, @features) . entry(2, $label);
        print pack("V2", 0xCED7230A, length $record), $record, "\0" x (-length($record) % 4);
    '
}

# data FILE: standard input as a file of a channel.
data() {
    mkdir -p "$ml/input/data/$(dirname "$1")"
    cat >"$ml/input/data/$1"
}

# small_job CONTENT_TYPE [CHANGE]: a job on such rows, but for its channels; CHANGE is a filter on its hyperparameters.
small_job() {
    job "$(jq "${2:-.}" <<<'{"num_round": "10", "objective": "binary:logistic"}')"
    declare_channels "$1" File train validation
}

# declare_channels CONTENT_TYPE MODE CHANNEL...: what the platform says of them.
declare_channels() {
    jq -n --arg type "$1" --arg mode "$2" '
        {ContentType: $type, TrainingInputMode: $mode, S3DistributionType: "FullyReplicated", RecordWrapperType: "None"} as $channel
        | [$ARGS.positional[] | {key: ., value: $channel}] | from_entries' --args "${@:3}" >"$ml/input/config/inputdataconfig.json"
}

# The model of a job on the same rows as CSV in files: $directory/csv.sapwood. Leaves the channels empty.
train_on_csv() {
    small_job text/csv
    rows 1 300 | data train/data
    rows 301 400 | data validation/data
    run train
    trained 10
    keep_model csv
    rm -r "$ml/input/data"
}

keep_model() { mv "$ml/model/model.sapwood" "$directory/$1.sapwood"; }

is_model() { cmp "$ml/model/model.sapwood" "$directory/$1.sapwood"; }

case_libsvm_in_one_file_or_several() {
    small_job text/libsvm
    rows 301 400 | libsvm | data validation/data
    rows 1 300 | libsvm | data train/data
    run train
    trained 10
    keep_model one
    rows 1 150 | libsvm | data train/data
    rows 151 300 | libsvm | data train/more/data
    run train
    trained 10
    is_model one
}

# Models say where weights were read: what tells whether weights of 1 changed anything are the metrics.
case_csv_with_weights() {
    train_on_csv
    cp "$directory/stdout" "$directory/unweighted"
    small_job csv '.csv_weights = "1"'
    rows 301 400 | weighted 1 | data validation/data
    rows 1 300 | weighted 1 | data train/data
    run train
    trained 10
    cmp "$directory/stdout" "$directory/unweighted"
    rows 1 300 | weighted 3 | data train/data
    run train
    trained 10
    ! cmp "$directory/stdout" "$directory/unweighted" || fail "the weights have no effect"
}

case_recordio_protobuf() {
    train_on_csv
    small_job application/x-recordio-protobuf
    rows 1 300 | recordio | data train/data
    rows 301 400 | recordio | data validation/data
    run train
    trained 10
    is_model csv
}

case_parquet() {
    small_job application/x-parquet
    declare_channels application/x-parquet File train
    data train/rows.parquet <"$repository/tests/golden/rows.parquet"
    run train
    trained 10
    keep_model parquet
    rm -r "$ml/input/data"
    declare_channels text/csv File train
    { echo y,a,b && rows 1 300; } | data train/rows.csv
    run train
    trained 10
    is_model parquet
}

case_pipes() {
    train_on_csv
    small_job text/csv
    declare_channels text/csv Pipe train validation
    rows 1 300 >"$directory/train"
    rows 301 400 >"$directory/validation"
    mkdir -p "$ml/input/data"
    mkfifo "$ml/input/data/train_0" "$ml/input/data/validation_0"
    mkdir -m 1777 "$directory/tmp"
    mounts="$(mount_of "$ml" /opt/ml) $(mount_of "$ml/input" /opt/ml/input ro) $(mount_of "$directory/tmp" /tmp)" start train
    local channel
    for channel in validation train; do
        timeout "$PATIENCE" cp "$directory/$channel" "$ml/input/data/${channel}_0" || fail "nobody reads the pipe of $channel to its end"
    done
    finish
    trained 10
    is_model csv
    [[ -z $(files "$directory/tmp") ]] || fail "it leaves $(files "$directory/tmp")"
}

case_several_channels() {
    small_job text/csv
    declare_channels text/csv File train validation test-1 test.2
    rows 1 300 | data train/data
    rows 301 400 | data validation/data
    rows 401 500 | data test-1/data
    rows 501 600 | data test.2/data
    run train
    trained 10
    local channel
    for channel in train validation test-1 test.2; do
        grep -qE $'^\\[9\\].*\t'"$channel"$'-logloss:[0-9.]+(\t|$)' "$directory/stdout" || fail "no metric of $channel: $(tail -n 1 "$directory/stdout")"
    done
}

# As AWS's suite does, with a number of rounds that is a JSON number.
case_more_rounds_on_the_same_tree() {
    small_job text/csv '.num_round = 10'
    rows 1 300 | data train/data
    rows 301 400 | data validation/data
    echo '{"LocalPath": "/opt/ml/checkpoints"}' >"$ml/input/config/checkpointconfig.json"
    mkdir "$ml/checkpoints"
    run train
    trained 10
    small_job text/csv '.num_round = 20'
    run train
    has_code 0
    [[ $(grep -oE '^\[[0-9]+\]' "$directory/stdout" | paste -sd ' ') == "$(printf '[%d] ' {10..19} | sed 's/ $//')" ]] ||
        fail "it printed other rounds than 10 to 19: $(cat "$directory/stdout")"
    keep_model continued
    rm -r "$ml/checkpoints"
    run train
    trained 20
    is_model continued
}

case_a_job_ended_by_sigterm_goes_on() {
    good_job '.num_round = 1000000'
    mkdir "$ml/checkpoints"
    environment=SAPWOOD_ON_SIGTERM=fail start train
    await stdout '^\[2\]'
    signal TERM
    finish
    has_code 143
    local newest
    newest=$(files "$ml/checkpoints" | grep -v '^lock\.' | tail -n 1)
    [[ $newest =~ ^checkpoint-0*([0-9]+)\.sapwood-checkpoint$ ]] || fail "no checkpoint, but '$newest'"
    good_job ".num_round = $((BASH_REMATCH[1] + 10))"
    environment=SAPWOOD_ON_SIGTERM=fail run train
    has_code 0
    head -n 1 "$directory/stdout" | grep -q "^\[${BASH_REMATCH[1]}\]" || fail "it began with $(head -n 1 "$directory/stdout")"
    train_on_host
    cmp "$ml/model/model.sapwood" "$directory/host/model/model.sapwood"
}

# The sample's hyperparameters, and its one directory on FSx for both channels.
case_the_sample_of_the_operator() {
    job "$(sed -nE 's/^ *- \{name: ([a-z_]+), value: (".*")\}$/{"\1": \2}/p' "$repository/container/kubernetes/migration/operator.yaml" | jq -s add)"
    jq -e '.silent == "0" and .objective == "multi:softmax" and length == 8' "$ml/input/config/hyperparameters.json" >/dev/null ||
        fail "the sample has other hyperparameters than it had"
    declare_channels text/csv File train validation
    mkdir -p "$directory/fsx/part" "$ml"/input/data/{train,validation}
    awk 'BEGIN { OFS = ","; for (i = 0; i < 2000; i++) print i * 7 % 10, i * 7 % 10 + i % 3, i * 11 % 23, 0 }' >"$directory/fsx/part/mnist.csv"
    mounts="$(mount_of "$ml" /opt/ml) $(mount_of "$ml/input" /opt/ml/input ro)
        $(mount_of "$directory/fsx" /opt/ml/input/data/train ro) $(mount_of "$directory/fsx" /opt/ml/input/data/validation ro)" run train
    trained 10
    grep -qE $'^\\[9\\]\ttrain-merror:[0-9.]+\tvalidation-merror:[0-9.]+$' "$directory/stdout" || fail "other metrics: $(tail -n 1 "$directory/stdout")"
    grep -q 'note: silent=0 has no effect' "$directory/stderr" || fail "nothing is said of silent: $(cat "$directory/stderr")"
    grep -qE '^warning: .*same (data|file)' "$directory/stderr" || fail "no warning of the same data: $(cat "$directory/stderr")"
}

case_an_empty_validation_directory() {
    small_job text/csv
    rows 1 300 | data train/data
    channel validation
    run train
    refused 'channel validation: no data in /opt/ml/input/data/validation'
}

case_letters_as_libsvm() {
    small_job text/libsvm
    rows 301 400 | libsvm | data validation/data
    printf 'apple pear plum\nplum apple fig\n' | data train/data
    run train
    refused '/opt/ml/input/data/train/data:1: "apple"'
}

case_csv_as_libsvm() {
    small_job text/libsvm
    rows 301 400 | libsvm | data validation/data
    rows 1 300 | data train/data
    run train
    refused '/opt/ml/input/data/train/data:1: '
}

# with_change CHANGE: a good job but for its hyperparameters.
with_change() {
    small_job text/csv "$1"
    rows 1 300 | data train/data
    rows 301 400 | data validation/data
    run train
}

case_eta_below_zero() {
    with_change '.eta = "-0.1"'
    refused 'eta=-0.1 is out of range: it must lie in [0, 1]'
}

case_softmax_without_num_class() {
    with_change '.objective = "multi:softmax"'
    refused 'num_class'
}

case_a_value_without_effect_out_of_range() {
    with_change '.verbosity = "4"'
    refused 'verbosity="4" is out of range: expected integer in [0, 3]'
}
