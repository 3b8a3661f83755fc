# shellcheck shell=bash
# shellcheck disable=SC2154 # container/harness.bash sets the variables
# The image itself.

case_the_image_is_small() {
    local size
    size=$(du -s --apparent-size --block-size=1M "$rootfs" | cut -f1)
    ((size <= 70)) || fail "it has $size MiB; 70 is the most that it may have"
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
