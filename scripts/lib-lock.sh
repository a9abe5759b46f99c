# shellcheck shell=bash
# How the pinned requirements are renewed. Sourced by setup --lock only.

source "$ROOT/scripts/lib-setup.sh"

# Home Assistant's own pins, which its package carries, without those that we override.
write_constraints() {
    local version=$1 overrides=$2 folder=$CACHE/homeassistant-$1
    run "Reading the constraints of Home Assistant $version" "$UV" pip install --no-deps \
        --python "$BASE" --target "$folder" "homeassistant==$version" || give_up "It could not be fetched."
    grep -vf <(sed -nE 's/^([a-z-]+)==.*/^\1[<=>]/p' "$overrides") \
        "$folder/homeassistant/package_constraints.txt" >"$CACHE/constraints-$version.txt"
}

# Pin the packages of a group of pyproject.toml for a version of Home Assistant.
lock_group() {
    local name=$1 version=$2 overrides=requirements/overrides-${2%.*}.in
    write_constraints "$version" "$overrides"
    run "Pinning requirements/$name.txt" "$UV" pip compile --upgrade --universal --no-annotate \
        --python "$BASE" --python-version 3.14.2 --group "$name" \
        --constraint "$CACHE/constraints-$version.txt" --override "$overrides" \
        --custom-compile-command "scripts/setup --lock" --output-file "requirements/$name.txt" || give_up "There is no set of versions that fits."
}

lock() {
    cd "$ROOT" || exit 1
    mkdir -p "$CACHE"
    find_uv || die "uv could not be fetched."
    find_python
    lock_group 2026.10 2026.10.4
    lock_group 2026.11 2026.11.0
    lock_group demo 2026.11.0
    lock_group decode 2026.11.0
    lock_group fuzz 2026.11.0
}
