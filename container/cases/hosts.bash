# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # container/harness.bash sets the variables, and reads them
# Training jobs on several hosts: containers in networks of their own, which a bridge joins.

# network_of N: namespaces $net-1, $net-2, …, in which the hosts are called algo-1, algo-2, …; they go with the case.
network_of() {
    "$repository/container/need" iproute2 >/dev/null || skip "no network here: iproute2 is missing"
    net=sw$BASHPID count=$1
    trap leave_network EXIT
    ip link add "$net" type bridge || skip "the kernel makes no bridges here"
    ip link set "$net" up
    echo '127.0.0.1 localhost' >"$directory/hosts"
    local i
    for ((i = 1; i <= count; i++)); do
        ip netns add "$net-$i"
        ip link add "$net.$i" type veth peer name eth0 netns "$net-$i"
        ip link set "$net.$i" master "$net" up
        ip -n "$net-$i" link set lo up
        ip -n "$net-$i" address add "10.215.0.$i/24" dev eth0
        ip -n "$net-$i" link set eth0 up
        echo "10.215.0.$i algo-$i" >>"$directory/hosts"
    done
}

leave_network() {
    local i
    for ((i = 1; i <= count; i++)); do ip netns delete "$net-$i" 2>/dev/null || true; done
    ip link delete "$net" 2>/dev/null || true
}

# host N: from now on the harness's variables are those of this host. Every container believes that it is called algo-1.
host() {
    directory=$all_hosts/algo-$1 ml=$all_hosts/algo-$1/ml container=$job-$1 network=/run/netns/$net-$1
    mkdir -p "$directory/bundle" "$ml"
}

# start_hosts WORD…: starts a container on each host, whose inputs are those of the case's own tree.
start_hosts() {
    all_hosts=$directory job=$container
    local inputs=$ml names i
    names=$(seq -f '"algo-%g"' "$count" | paste -sd,)
    starts=()
    for ((i = 1; i <= count; i++)); do
        host "$i"
        cp -r "$inputs"/* "$ml"
        echo "{\"current_host\": \"algo-$i\", \"hosts\": [$names], \"network_interface_name\": \"eth0\"}" >"$ml/input/config/resourceconfig.json"
        mounts="$(mount_of "$ml" /opt/ml) $(mount_of "$ml/input" /opt/ml/input ro) $(mount_of "$all_hosts/hosts" /etc/hosts ro)" start "$@"
        starts+=("$started")
    done
}

# finish_hosts: waits for all: their exit codes are $codes.
finish_hosts() {
    codes=''
    local started
    for started in "${starts[@]}"; do
        finish
        codes+=" $code"
    done
    codes=${codes# }
}

case_two_hosts_train_the_model_of_one() {
    good_job
    train_on_host
    network_of 2
    start_hosts train
    finish_hosts
    [[ $codes == '0 0' ]] || fail "exit codes $codes: $(cat "$all_hosts"/algo-*/stderr)"
    host 1
    code=0
    # The compressed file went whole to the other host, so that this one has no rows to report on.
    outputs=data/summary.json trained 10
    cmp "$ml/model/model.sapwood" "$all_hosts/host/model/model.sapwood"
    # The first host writes for all.
    host 2
    has_files "$ml/model" ''
    [[ ! -s $directory/stdout ]] || fail "the second host prints $(head -n 1 "$directory/stdout")"
}

case_a_mistake_is_told_on_both_hosts() {
    good_job '.objective = "binary:logistik"'
    network_of 2
    start_hosts train
    finish_hosts
    [[ $codes == '2 2' ]] || fail "exit codes $codes: $(cat "$all_hosts"/algo-*/stderr)"
    for i in 1 2; do
        host "$i"
        code=2
        refused logistik
    done
}

case_a_host_that_is_killed_ends_the_other() {
    good_job '.num_round = "1000000"'
    network_of 2
    start_hosts train
    host 1
    started=${starts[0]} await stdout $'^\\[3\\]\t'
    host 2
    signal KILL
    finish_hosts
    [[ ${codes%% *} == 1 ]] || fail "exit codes $codes"
    host 1
    grep -q 'algo-2' "$ml/output/failure" || fail "the failure is $(cat "$ml/output/failure")"
    has_files "$ml/model" ''
}
