# shellcheck shell=bash
# shellcheck disable=SC2154 # container/harness.bash sets the variables
# Hosting. The model and the rows come from the census set that the repository carries.

census=$repository/datasets/adult

# A model in the job's tree, rows without labels in $directory/rows.csv, and what `sapwood predict` says of them on the host.
good_model() {
    mkdir -p "$ml/model"
    model_at "$ml/model/model.sapwood" num_round=10
    zcat "$census/test.csv.gz" | sed -n 1,501p | cut -d, -f1-14 >"$directory/rows.csv"
    "$executable" predict --model "$ml/model/model.sapwood" --data "$directory/rows.csv" >"$directory/expected"
    (($(wc -l <"$directory/expected") == 500)) || fail "no predictions on the host"
}

# model_at FILE WORD...
model_at() {
    "$executable" train --train "$census/train.csv.gz" --label income --model-out "$1" objective=binary:logistic "${@:2}" \
        >/dev/null 2>"$directory/host.log" || fail "the executable does not train here: $(cat "$directory/host.log")"
}

read_only_model() { mount_of "$ml/model" /opt/ml/model ro; }

# serve WORD...: starts the container with a model that it cannot write to, and waits until it listens.
serve() {
    mounts="${mounts-$(read_only_model)}" start "$@"
    await stderr " on 0\\.0\\.0\\.0:${port:-8080},"
}

# ask PATH CURL_WORD...: a request from within the container's network, where nobody else is.
ask() {
    nsenter --target "$(runc --root "$scratch/runc" state "$container" | jq .pid)" --net \
        curl --silent --show-error --max-time 60 "${@:2}" "http://127.0.0.1:${port:-8080}$1"
}

# status PATH CURL_WORD...
status() { ask "$1" --output /dev/null --write-out '%{http_code}' "${@:2}"; }

invoke() { ask "${path:-/invocations}" --fail --header "Content-Type: $1" --header "Accept: $2" --data-binary "@$directory/$3"; }

answers_as_the_host() {
    [[ $(status /ping) == 200 ]] || fail "/ping does not answer 200"
    invoke text/csv text/csv rows.csv | cmp - "$directory/expected"
    tail -n +2 "$directory/rows.csv" | jq -Rsc 'split("\n") | map(select(. != "") | split(",") | map(tonumber? // .)) | {instances: .}' \
        >"$directory/rows.json"
    invoke application/json application/json rows.json | grep -oE '"score": [^}]+' | cut -c10- | cmp - "$directory/expected"
}

stop() {
    signal TERM
    finish
    has_code 0
}

case_nonroot_serves_what_the_host_predicts() {
    good_model
    serve serve
    answers_as_the_host
    [[ $(status /execution-parameters) == 200 ]] || fail "no /execution-parameters"
    [[ $(status /models) == 404 ]] || fail "a single model is a multi-model endpoint"
    stop
}

case_root_and_users_without_a_name_serve() {
    good_model
    local id
    for id in 0 1234567; do
        user=$id serve serve
        answers_as_the_host
        stop
    done
}

case_serve_by_every_name() {
    good_model
    local name
    for name in serve /usr/local/bin/serve; do
        entrypoint=$name serve
        answers_as_the_host
        stop
    done
    entrypoint=serve serve serve
    stop
    entrypoint=sapwood serve serve
    stop
}

case_serve_on_another_port() {
    good_model
    environment=SAGEMAKER_BIND_TO_PORT=9123 port=9123 serve serve
    port=9123 answers_as_the_host
    stop
}

case_serve_a_batch_transform() {
    good_model
    environment='SAGEMAKER_BATCH=true SAGEMAKER_BATCH_STRATEGY=SINGLE_RECORD SAGEMAKER_MAX_PAYLOAD_IN_MB=3 SAGEMAKER_MAX_CONCURRENT_TRANSFORMS=1' \
        serve serve
    ask /execution-parameters >"$directory/told"
    jq -e '.MaxPayloadInMB == 3 and .BatchStrategy == "SINGLE_RECORD" and .MaxConcurrentTransforms >= 1' "$directory/told" >/dev/null ||
        fail "it says $(cat "$directory/told")"
    answers_as_the_host
    (($(invoke text/csv application/jsonlines rows.csv | wc -l) == 500)) || fail "not one line a record"
    stop
}

case_serve_several_models() {
    good_model
    mkdir -p "$directory/models"/{first,second}
    cp "$ml/model/model.sapwood" "$directory/models/first"
    model_at "$directory/models/second/other.sapwood" num_round=2
    environment=SAGEMAKER_MULTI_MODEL=true mounts=$(mount_of "$directory/models" /opt/ml/models ro) serve serve
    [[ $(status /ping) == 200 ]] || fail "/ping does not answer 200"
    load() { status /models --json "{\"model_name\": \"$1\", \"url\": \"/opt/ml/models/$2\"}"; }
    [[ $(load one first) == 200 ]] || fail "the first model is not loaded"
    [[ $(load two second) == 200 ]] || fail "the second model is not loaded"
    [[ $(load one second) == 409 ]] || fail "a name may be given twice"
    [[ $(load three third) == 404 ]] || fail "a model is loaded that is not there"
    [[ $(ask /models | jq -c '[.models[].modelName]') == '["one","two"]' ]] || fail "the list is $(ask /models)"
    path=/models/one/invoke invoke text/csv text/csv rows.csv | cmp - "$directory/expected"
    "$executable" predict --model "$directory/models/second/other.sapwood" --data "$directory/rows.csv" >"$directory/other"
    path=/models/two/invoke invoke text/csv text/csv rows.csv | cmp - "$directory/other"
    [[ $(status /models/one --request DELETE) == 200 ]] || fail "the first model is not unloaded"
    [[ $(status /models/one/invoke --data-binary 1) == 404 ]] || fail "an unloaded model answers"
    path=/models/two/invoke invoke text/csv text/csv rows.csv | cmp - "$directory/other"
    stop
}

case_sigterm_finishes_what_has_begun() {
    good_model
    serve serve
    # A request that takes about three seconds to send.
    { cat "$directory/rows.csv"; for _ in {1..5}; do tail -n +2 "$directory/rows.csv"; done; } >"$directory/many.csv"
    local rate
    rate=$(($(wc -c <"$directory/many.csv") / 3))
    ask /invocations --fail --limit-rate "$rate" --header 'Content-Type: text/csv' --header 'Expect:' \
        --data-binary "@$directory/many.csv" >"$directory/answer" &
    local client=$!
    sleep 1
    kill -0 "$client" || fail "the request was over too soon"
    stop
    wait "$client" || fail "the request that had begun was not answered"
    (($(wc -l <"$directory/answer") == 3000)) || fail "the answer is not whole"
    grep -q 'SIGTERM: finishing' "$directory/stderr" || fail "the log does not say why it ends"
}

case_no_model_to_serve() {
    mkdir -p "$ml/model"
    mounts=$(read_only_model) run serve
    has_code 2
    grep -q '^UserError: no model: /opt/ml/model holds no \*\.sapwood file (found: nothing)' "$directory/stderr" || fail "it does not say so"
}

case_a_damaged_model_is_not_served() {
    good_model
    printf 'x' | dd of="$ml/model/model.sapwood" bs=1 seek=300 conv=notrunc status=none
    mounts=$(read_only_model) run serve
    has_code 2
    grep -q '^UserError: /opt/ml/model/model\.sapwood' "$directory/stderr" || fail "it does not name the file"
}
