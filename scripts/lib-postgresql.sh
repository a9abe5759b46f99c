# shellcheck shell=bash
# A PostgreSQL server for tests, which leaves nothing behind. Sourced by test and setup.

UNPACKED=$CACHE/postgresql
PROGRAMS=""
LIBRARIES=""
HOUSE=""
SERVER=""
DATABASE=""

# Use the programs in a folder, if they run, with the libraries in others.
use_postgresql() {
    local program
    LIBRARIES=${2-${LD_LIBRARY_PATH-}}
    for program in initdb postgres; do
        LD_LIBRARY_PATH=$LIBRARIES "$1/$program" --version >/dev/null 2>&1 || return 1
    done
    PROGRAMS=$1
}

# Use what unpack_postgresql has left in a folder.
use_unpacked() {
    local libraries programs
    libraries=$(printf '%s:' "$1"/{usr/lib,lib}/*-linux-*)
    for programs in "$1"/usr/lib/postgresql/*/bin; do
        use_postgresql "$programs" "${libraries%:}" && return
    done
    return 1
}

find_postgresql() {
    local programs
    for programs in /usr/lib/postgresql/*/bin "$(dirname -- "$(command -v postgres)")"; do
        use_postgresql "$programs" && return
    done
    use_unpacked "$UNPACKED"
}

# The package of this system's distribution, unpacked into a folder: no root, no change to the system.
unpack_postgresql() {
    local state=$CACHE/apt new=$UNPACKED.new package
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    rm -rf "$state" "$UNPACKED" "$new"
    mkdir -p "$state/lists/partial" "$state/archives/partial" "$new"
    run "Reading the package list of this system" private_apt "$state" update || return 1
    run "Fetching PostgreSQL from it" private_apt "$state" -y install --download-only postgresql || return 1
    for package in "$state"/archives/*.deb; do
        # Half of all is a compiler for long queries; without its module PostgreSQL does not look for it.
        [[ $package == */libllvm* ]] || dpkg -x "$package" "$new" || return 1
    done
    rm -rf "$state" "$new"/usr/lib/postgresql/*/lib/{bitcode,llvmjit*}
    mv "$new" "$UNPACKED"
}

# Find PostgreSQL, or fetch it; says so where neither is possible.
ensure_postgresql() {
    find_postgresql && return
    # shellcheck source=scripts/lib-setup.sh
    source "$ROOT/scripts/lib-setup.sh"
    lock_cache
    find_postgresql || { unpack_postgresql && find_postgresql; }
    exec 9>&-
    [[ $PROGRAMS ]] || { say "PostgreSQL is not installed here, and is not to be had as a package." && return 1; }
}

# Start a server that nobody else reaches. It ends with this script, even with one that is killed.
# Afterwards DATABASE is the address of a database that pytest may create.
start_postgresql() {
    local as=()
    ensure_postgresql || return 1
    HOUSE=$(mktemp -d "${TMPDIR:-/tmp}/postgresql-XXXXXX") || return 1 # there, as the path of a socket must be short
    trap stop_postgresql EXIT
    command -v setpriv >/dev/null && as=(setpriv --pdeathsig INT)
    if ((EUID == 0)); then
        # It refuses to run as root, and whoever else it runs as may not be able to enter our folder.
        as+=(--reuid nobody --regid "$(id -g nobody)" --clear-groups)
        chown nobody "$HOUSE"
        "${as[@]}" test -x "$PROGRAMS/postgres" ||
            { cp -r "$UNPACKED" "$HOUSE/unpacked" && use_unpacked "$HOUSE/unpacked"; } || return 1
    fi
    as+=(env --chdir="$HOUSE" "LD_LIBRARY_PATH=$LIBRARIES")
    # For tests that stop a server: how to run one of their own, a word a line, the last the programs' folder.
    POSTGRESQL_RUN=$(printf '%s\n' "${as[@]}" "$PROGRAMS")
    export POSTGRESQL_RUN
    run_postgresql "${as[@]}" && return
    tail -n 5 "$HOUSE/log" | sed 's/^/        /' >&2
    say "PostgreSQL could not be started."
    return 1
}

# With the given command in front of each program.
run_postgresql() {
    local data=$HOUSE/data
    "$@" "$PROGRAMS/initdb" --no-sync --auth=trust --username=test --encoding=UTF8 --locale=C \
        --pgdata="$data" >"$HOUSE/log" 2>&1 || return 1
    "$@" "$PROGRAMS/postgres" -D "$data" -k "$HOUSE" -c listen_addresses= \
        -c fsync=off -c autovacuum=off >"$HOUSE/log" 2>&1 &
    SERVER=$!
    until [[ -f $data/postmaster.pid && $(tail -n 1 "$data/postmaster.pid") == ready* ]]; do
        kill -0 "$SERVER" 2>/dev/null || return 1
        sleep 0.1
    done
    # shellcheck disable=SC2034  # for the script that sources this file
    DATABASE="postgresql://test@/recorder?host=$HOUSE"
}

stop_postgresql() {
    if [[ $SERVER ]]; then
        kill -INT "$SERVER" 2>/dev/null || true
        wait "$SERVER" || true
    fi
    [[ ! $HOUSE ]] || rm -rf "$HOUSE"
    SERVER="" HOUSE=""
    unset POSTGRESQL_RUN
}
