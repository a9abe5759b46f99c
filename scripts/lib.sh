# shellcheck shell=bash
# Shared by the scripts: says what happens, and finds or makes the environments under .cache/.
#
#   source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
#   ensure_env demo     # afterwards "$PYTHON" is its interpreter and its programs are on PATH

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=$ROOT/.cache
PYTHON=""

# Messages go to stderr, so that what a script prints for other programs stays clean.
say() { printf '[%3d s] %s\n' "$SECONDS" "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# The set of requirements (requirements/SET.txt, .cache/venv-SET) that serves a purpose.
set_for() {
    case $1 in
        demo | decode | fuzz | 2026.10 | 2026.11) echo "$1" ;;
        test | lint | bench) echo 2026.11 ;;
        *) die "There is no environment '$1'. Choose: demo, decode, fuzz, test, lint, bench, 2026.10, 2026.11." ;;
    esac
}

# What the stamp of a finished environment says: made here, from these very requirements.
key_for() {
    local checksum
    checksum=$(sha256sum <"$ROOT/requirements/$1.txt") || die "requirements/$1.txt is missing."
    echo "$CACHE/venv-$1 ${checksum%% *}"
}

is_ready() {
    local venv=$CACHE/venv-$1
    [[ -x $venv/bin/python && -f $venv/stamp && $(<"$venv/stamp") == "$(key_for "$1")" ]]
}

# Make the environment for a purpose, unless it is there.
ensure_env() {
    local name
    name=$(set_for "$1") || exit 1
    if ! is_ready "$name"; then
        # shellcheck source=scripts/lib-setup.sh
        source "$ROOT/scripts/lib-setup.sh"
        make_env "$name"
    fi
    export VIRTUAL_ENV=$CACHE/venv-$name
    export PATH=$VIRTUAL_ENV/bin:$PATH
    # Home Assistant is compiled once, also where the environment forbids to keep that.
    export PYTHONPYCACHEPREFIX=$CACHE/bytecode
    unset PYTHONDONTWRITEBYTECODE
    # shellcheck disable=SC2034  # for the script that sources this file
    PYTHON=$VIRTUAL_ENV/bin/python
}
