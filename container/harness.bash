# shellcheck shell=bash
# What the cases of container/test are made of: a job's tree, running the image on it, looking at the result. Sourced by container/test,
# which sets:
: "${repository:?}" "${scratch:?}" "${archive:?}" "${executable:?}"

# The exit code of a case that this machine has no means for.
SKIP=77
# Anything that needs longer than this hangs.
PATIENCE=300
NONROOT=65532
# What `run` is told by variables before it must not come from the environment of whoever tests.
unset user entrypoint environment mounts memory cpus writable_root port path network

# --- the image

# Unpacks the archive to $rootfs and $scratch/image/blobs; $image_config is the image's own configuration.
unpack_image() {
    mkdir "$scratch/image"
    tar -C "$scratch/image" -xf "$archive"
    # Whatever name the builder gave it.
    jq '.manifests[0].annotations = {"org.opencontainers.image.ref.name": "image"}' "$scratch/image/index.json" >"$scratch/index.json"
    mv "$scratch/index.json" "$scratch/image/index.json"
    umoci unpack --image "$scratch/image:image" "$scratch/bundle"
    chmod 755 "$scratch/bundle"
    rootfs=$scratch/bundle/rootfs
    local manifest
    manifest=$(blob "$(jq -r '.manifests[0].digest' "$scratch/image/index.json")")
    image_config=$(blob "$(jq -r '.config.digest' "$manifest")")
}

blob() { echo "$scratch/image/blobs/${1/://}"; }

# Finds out which limits the kernel lets us set: $limits.
find_limits() {
    limits=''
    enter_case find_limits
    mounts='' run --version
    ((code == 0)) || fail "the image does not even start: $(cat "$directory/stderr")"
    mounts='' memory=$((256 << 20)) run --version
    ((code)) || limits+=' memory'
    mounts='' cpus=1 run --version
    ((code)) || limits+=' cpus'
    rm -rf "$directory"
}

# --- a case

# Prepares $directory for what a case makes: $ml is its /opt/ml, $container the name of its container.
enter_case() {
    directory=$scratch/cases/$1
    ml=$directory/ml
    # Names of their own for tests that run at the same time: the kernel's groups bear them.
    container=$(basename "$scratch")-$1
    mkdir -p "$directory/bundle" "$ml"
}

fail() {
    echo "$*" >&2
    exit 1
}

# Ends the case where this machine has no means for it.
skip() {
    echo "$*"
    exit "$SKIP"
}

# Skips the case where the kernel does not let us set a limit.
needs_limit() {
    [[ " $limits " == *" $1 "* ]] || skip "runc cannot limit $1 here"
}

# job HYPERPARAMETERS: the job's tree as the platform lays it out, but for the channels.
job() {
    mkdir -p "$ml"/input/{config,data} "$ml"/{model,output/data}
    echo "$1" >"$ml/input/config/hyperparameters.json"
    echo '{"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}' >"$ml/input/config/resourceconfig.json"
}

# channel NAME FILE...: a channel with these files in it.
channel() {
    mkdir -p "$ml/input/data/$1"
    (($# == 1)) || cp "${@:2}" "$ml/input/data/$1"
}

# --- running

# mount_of SOURCE TARGET [ro]: a mount for a container, as JSON.
mount_of() {
    jq -n --arg source "$1" --arg target "$2" --arg mode "${3:-rw}" \
        '{destination: $target, type: "bind", source: $source, options: ["bind", $mode]}'
}

# run WORD...: does what `docker run IMAGE WORD...` does: no network, no capabilities, a root that cannot be written to, no /tmp of its own.
# Leaves $directory/stdout, $directory/stderr and $code. Variables before it change that:
#   user=ID              instead of nonroot
#   entrypoint=PATH      instead of the image's; as with Docker, the image's CMD is dropped, too
#   environment='A=1 …'  besides the image's
#   mounts=JSON…         instead of /opt/ml, with its input read-only
#   memory=BYTES  cpus=N limits
#   writable_root=true
#   network=FILE         the network namespace, instead of one without any interface
run() {
    start "$@"
    finish
}

# Starts the container in the background.
start() {
    local default_mounts
    default_mounts="$(mount_of "$ml" /opt/ml) $(mount_of "$ml/input" /opt/ml/input ro)"
    mkdir -p "$ml/input"
    chown -R "${user:-$NONROOT}:${user:-$NONROOT}" "$ml"
    configuration "${mounts-$default_mounts}" "$@" >"$directory/bundle/config.json"
    # Before anybody looks into them: a case may start several containers.
    truncate --size 0 "$directory/stdout" "$directory/stderr"
    timeout "$PATIENCE" runc --root "$scratch/runc" run --bundle "$directory/bundle" "$container" \
        </dev/null >"$directory/stdout" 2>"$directory/stderr" &
    started=$!
}

# Waits for the container that was started: $code.
finish() {
    code=0
    wait "$started" || code=$?
}

# configuration MOUNTS WORD...: the container's configuration.
configuration() {
    local command=("${@:2}")
    if [[ -n ${entrypoint:-} ]]; then
        command=("$entrypoint" "${command[@]}")
    else
        ((${#command[@]})) || mapfile -t command < <(jq -r '.config.Cmd[]' "$image_config")
        local image_entrypoint
        mapfile -t image_entrypoint < <(jq -r '.config.Entrypoint[]' "$image_config")
        command=("${image_entrypoint[@]}" "${command[@]}")
    fi
    local words
    words=$(printf '%s\n' "${command[@]}" | jq -R . | jq -s .)
    jq --arg root "$rootfs" --argjson read_only "$([[ ${writable_root:-} == true ]] && echo false || echo true)" \
        --argjson user "${user:-$NONROOT}" --arg environment "${environment:-}" --argjson mounts "$(jq -s . <<<"$1")" \
        --arg network "${network:-}" --argjson memory "${memory:-null}" --argjson cpus "${cpus:-null}" --argjson words "$words" '
        .process += {terminal: false, user: {uid: $user, gid: $user}, capabilities: {}, args: $words}
        | .process.env += ($environment | split(" "))
        | .root = {path: $root, readonly: $read_only}
        | .hostname = "algo-1"
        | if $network != "" then (.linux.namespaces[] | select(.type == "network")).path = $network else . end
        | .mounts = [.mounts[] | select(.destination | IN("/dev/shm", "/dev/mqueue") | not)] + $mounts
        | if $memory then .linux.resources.memory = {limit: $memory, swap: $memory} else . end
        | if $cpus then .linux.resources.cpu = {quota: ($cpus * 100000), period: 100000} else . end
        ' "$scratch/bundle/config.json"
}

# await FILE REGEX: waits until the running container has written a line like that.
await() {
    until grep -qE "$2" "$directory/$1"; do
        kill -0 "$started" 2>/dev/null || fail "the container ended before $1 had a line like $2"
        sleep 0.05
    done
}

signal() { runc --root "$scratch/runc" kill "$container" "$1"; }

# --- looking at the result

# files DIRECTORY: everything in it that is no directory.
files() { (cd "$1" && find . ! -type d -printf '%P\n' | sort); }

has_code() { ((code == $1)) || fail "exit code $code instead of $1"; }

has_files() {
    local found
    found=$(files "$1" | paste -sd ' ')
    [[ $found == "$2" ]] || fail "$1 holds '$found' instead of '$2'"
}

# summary FILTER: a value of the summary.
summary() { jq -er "$1" "$ml/output/data/summary.json" || fail "summary.json has no $1"; }

# trained ROUNDS: the container has done all that a good job does.
trained() {
    has_code 0
    has_files "$ml/model" model.sapwood
    has_files "$ml/output" "${outputs:-data/constraints.json data/evaluation.json data/report.html data/report.json data/statistics.json data/summary.json}"
    [[ $(summary .model_sha256) == "$(sha256sum <"$ml/model/model.sapwood" | cut -d' ' -f1)" ]] || fail "summary.json is about another model"
    head -n 1 "$directory/stdout" | grep -qE $'^\\[0\\]\ttrain-' || fail "the first line is no metric line"
    local lines
    lines=$(grep -cE $'^\\[[0-9]+\\]\t' "$directory/stdout" || true)
    ((lines == $1)) || fail "$lines metric lines instead of $1"
}

# refused TEXT: the container has said in both places that the user can mend it, and what; it left no model.
refused() {
    has_code 2
    local message
    message=$(grep -m 1 '^UserError: ' "$directory/stderr") || fail "no line of the log begins with UserError:"
    [[ $message == *"$1"* ]] || fail "the message lacks '$1'"
    [[ $(head -n 1 "$ml/output/failure") == "$(head -c 1024 <<<"$message")" ]] ||
        fail "the failure file begins otherwise: $(cat "$ml/output/failure")"
    has_files "$ml/output" failure
    has_files "$ml/model" ''
}
