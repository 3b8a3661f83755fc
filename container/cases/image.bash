# shellcheck shell=bash
# shellcheck disable=SC2154 # container/harness.bash sets the variables
# The image itself.

case_the_image_is_small() {
    local size
    size=$(du -s --apparent-size --block-size=1M "$rootfs" | cut -f1)
    ((size <= 110)) || fail "it has $size MiB; 110 is the most that it may have"
    size=$(jq '[.layers[].size] | add' "$(blob "$(jq -r '.manifests[0].digest' "$scratch/image/index.json")")")
    ((size <= 40000000)) || fail "it takes $size bytes to pull; 40 MB is the most that it may take"
}

# The launcher and the library that open when a job has several hosts, and whatever they are linked with.
case_mpich_is_in_it() {
    local program
    for program in usr/bin/mpiexec.hydra usr/bin/hydra_pmi_proxy usr/local/bin/libsapwood_mpi.so; do
        chroot "$rootfs" /lib64/ld-linux-x86-64.so.2 --list "/$program" >"$directory/$(basename $program)" || fail "$program lacks libraries"
    done
    grep -q libmpich.so.12 "$directory/libsapwood_mpi.so" || fail "the library is not linked with MPICH"
}

case_labels_tell_platforms_what_it_can() {
    local label
    for label in accept-bind-to-port multi-models; do
        [[ $(jq -r --arg name "com.amazonaws.sagemaker.capabilities.$label" '.config.Labels[$name]' "$image_config") == true ]] ||
            fail "no label $label"
    done
    local version
    version=$("$executable" --version)
    [[ "sapwood $(jq -r '.config.Labels["org.opencontainers.image.version"]' "$image_config")" == "$version" ]] || fail "the label is not of $version"
}

case_nothing_is_baked_into_opt_ml() {
    local found
    found=$(find "$rootfs/opt/ml" -type f 2>/dev/null || true)
    [[ -z $found ]] || fail "$found"
}

case_the_executable_is_the_one_that_was_built() {
    strip -o "$directory/stripped" "$executable"
    cmp "$directory/stripped" "$rootfs/usr/local/bin/sapwood"
}

case_names_of_the_executable() {
    [[ $(readlink -f "$rootfs/usr/local/bin/train") == $(readlink -f "$rootfs/usr/local/bin/sapwood") ]] || fail "train is something else"
    [[ $(readlink -f "$rootfs/usr/local/bin/serve") == $(readlink -f "$rootfs/usr/local/bin/sapwood") ]] || fail "serve is something else"
}
