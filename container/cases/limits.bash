# shellcheck shell=bash
# shellcheck disable=SC2154 # container/harness.bash sets the variables
# Memory and CPUs of the container.

# A job on half a million rows.
large_job() {
    job "$(jq '.num_round = "3"' <<<"$hyperparameters")"
    channel train
    local rows=$directory/rows
    zcat "$adult/train.csv.gz" | tail -n +2 >"$rows"
    {
        zcat "$adult/train.csv.gz" | sed -n 1p
        for _ in {1..20}; do cat "$rows"; done
    } >"$ml/input/data/train/train.csv"
}

case_256_mib_are_enough_for_half_a_million_rows() {
    needs_limit memory
    large_job
    memory=$((256 << 20)) run train
    trained 3
    (($(summary .rows) > 500000)) || fail "too few rows"
}

# That the limit is one: less is too little.
case_64_mib_are_too_little_for_half_a_million_rows() {
    needs_limit memory
    large_job
    memory=$((64 << 20)) run train
    has_code 137
    has_files "$ml/model" ''
}

case_threads_are_as_many_as_cpus_of_the_quota() {
    needs_limit cpus
    (($(nproc) > 1)) || skip "this machine has one CPU"
    good_job
    cpus=1 run train
    trained 10
    (($(summary .threads) == 1)) || fail "$(summary .threads) threads with a quota of one CPU"
    rm "$ml/model/model.sapwood"
    run train
    trained 10
    (($(summary .threads) == $(nproc))) || fail "$(summary .threads) threads without a quota on $(nproc) CPUs"
}
