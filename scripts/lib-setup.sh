# shellcheck shell=bash
# How an environment is made. Sourced by lib.sh only when one is missing or out of date.

UV=""
BASE=""

# Run TEXT COMMAND…: keeps the output in the log, with a sign of life every ten seconds.
run() {
    local text=$1 began=$SECONDS status=0 pulse
    shift
    say "$text …"
    {
        # A read that never gets anything sleeps without a process that could outlive us.
        exec 8<> <(:)
        while ! read -r -t 10 -u 8 && kill -0 $$; do say "  … still at it, $((SECONDS - began)) s"; done
    } 9>&- &
    pulse=$!
    # It keeps the lock, so that a step that outlives a killed set-up is waited for by the next.
    "$@" >"$CACHE/setup.log" 2>&1 </dev/null || status=$?
    kill "$pulse"
    wait "$pulse" 2>/dev/null || true
    return "$status"
}

# End, with the last words of the command that failed.
give_up() {
    [[ -s $CACHE/setup.log ]] && tail -n 15 "$CACHE/setup.log" | sed 's/^/        /' >&2
    die "$*"
}

# Whether a program is a complete Python that Home Assistant accepts.
is_suitable() {
    local test="import ctypes, lzma, sqlite3, ssl, sys; exit(not (3, 14, 2) <= sys.version_info < (3, 15))"
    ("$1" -c "$test") >/dev/null 2>&1
}

use_python() {
    [[ -x $1 ]] && is_suitable "$1" || return 1
    BASE=$("$1" -c 'import sys; print(sys._base_executable)')
}

is_usable_uv() { [[ -x $1 ]] && "$1" venv --help 2>/dev/null | grep -q -e --clear; }

# uv with the help of the given Python, which has pip, or a pip beside it, or venv, which brings pip.
uv_with() {
    local python=$1 wheel tools=$CACHE/tools pip=(-m pip)
    wheel=$(echo "$CACHE"/python-apt/usr/share/python-wheels/pip-*.whl)
    rm -rf "$tools" "$CACHE/pip"
    {
        if "$python" -m pip --version; then
            :
        elif "$python" "$wheel/pip" --version; then
            pip=("$wheel/pip")
        elif "$python" -m venv "$CACHE/pip"; then
            python=$CACHE/pip/bin/python
        else
            return 1
        fi
    } >/dev/null 2>&1
    PIP_USER=0 run "Fetching uv" "$python" "${pip[@]}" install --quiet --disable-pip-version-check \
        --no-input --requirement "$ROOT/requirements/tools.txt" --target "$tools" || return 1
    is_usable_uv "$tools/bin/uv" && UV=$tools/bin/uv
}

find_uv() {
    local candidate
    for candidate in "$CACHE/tools/bin/uv" "$(command -v uv)"; do
        if is_usable_uv "$candidate"; then
            UV=$candidate
            return
        fi
    done
    uv_with "$(command -v python3)"
}

python_by_uv() {
    local python
    [[ $UV ]] || return 1
    # Not reachable is told by the name lookup at once; a network that swallows everything by the timeout.
    UV_PYTHON_INSTALL_DIR=$CACHE/python-uv UV_HTTP_CONNECT_TIMEOUT=10 UV_HTTP_RETRIES=1 \
        run "Fetching Python 3.14 with uv" timeout 240 "$UV" python install --no-bin 3.14 || {
        say "  not to be had that way; trying the packages of this system's distribution"
        return 1
    }
    for python in "$CACHE"/python-uv/*/bin/python3.14; do use_python "$python" && return; done
    return 1
}

# Addresses of the package mirrors that this machine uses, from both formats of sources in a folder.
mirrors() {
    local etc=$1
    {
        cat "$etc"/sources.list.d/*.sources 2>/dev/null | awk -v RS= '
            /(^|\n)Types:[^\n]*deb( |\n|$)/ && /(^|\n)Components:[^\n]* main/ && !/(^|\n)Enabled: *no/ {
                for (i = 1; i <= split($0, line, "\n"); i++)
                    if (sub(/^URIs: */, "", line[i])) print line[i]
            }'
        cat "$etc"/sources.list "$etc"/sources.list.d/*.list 2>/dev/null |
            sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]].*[[:space:]]main.*/\2/p'
    } | tr ' ' '\n' | grep -v '^cdrom' | awk '!seen[$0]++'
}

# apt with a state of its own in a folder.
private_apt() {
    local state=$1
    shift
    apt-get -q -o "Dir::State::lists=$state/lists" -o "Dir::Cache::archives=$state/archives" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Install-Recommends=0 \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o Acquire::Languages=none "$@"
}

# Python 3.14 from the distribution's own packages, unpacked into a folder: no root, no change to the system.
python_by_apt() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    local mirror suite=forky keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # shellcheck source=/dev/null
    if (. /etc/os-release && [[ " ${ID-} ${ID_LIKE-} " == *" ubuntu "* ]]); then
        suite=resolute keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
    fi
    for mirror in $(mirrors /etc/apt); do
        unpack_python "$mirror" "$suite" "$keyring" && return
    done
    return 1
}

# With nothing installed, apt resolves everything that Python needs, its C library included.
unpack_python() {
    local mirror=$1 suite=$2 keyring=$3 state=$CACHE/apt home=$CACHE/python-apt option="" apt package
    rm -rf "$state" "$home"
    mkdir -p "$state/lists/partial" "$state/archives/partial" "$home"
    [[ -f $keyring ]] && option="[signed-by=$keyring] "
    echo "deb $option$mirror $suite main" >"$state/sources.list"
    : >"$state/status"
    apt=(private_apt "$state" -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::status=$state/status" -o APT::Update::Error-Mode=any)
    run "Reading the package list of '$suite'" "${apt[@]}" update || return 1
    run "Fetching Python 3.14 from it" \
        "${apt[@]}" -y install --download-only python3.14-venv libstdc++6 patchelf || return 1
    for package in "$state"/archives/*.deb; do
        dpkg -x "$package" "$home" || return 1
    done
    link_python "$home" && use_python "$home/usr/bin/python3.14" && rm -rf "$state"
}

# Bind the interpreter to the libraries that came with it. Programs it starts are not affected.
# Sorting is off because patchelf 0.18 spoils position-independent programs with it.
link_python() {
    local loader libraries python=$1/usr/bin/python3.14
    loader=$(echo "$1"/usr/lib/*/ld-linux*.so.*)
    libraries=$(dirname -- "$loader")
    cp "$python" "$python.new" &&
        "$loader" --library-path "$libraries" "$1/usr/bin/patchelf" --no-sort --force-rpath \
            --set-rpath "$libraries" --set-interpreter "$loader" "$python.new" &&
        mv "$python.new" "$python"
}

find_python() {
    local candidate
    for candidate in "$(command -v python3.14)" "$(command -v python3)" \
        "$CACHE"/python-uv/*/bin/python3.14 "$CACHE/python-apt/usr/bin/python3.14"; do
        use_python "$candidate" && return
    done
    python_by_uv || python_by_apt || give_up "No Python 3.14.2 or newer could be found or fetched." \
        "Install python3.14 with your package manager or with 'uv python install 3.14', then try again."
}

# Let one set-up at a time go on; `exec 9>&-` lets the next.
lock_cache() {
    mkdir -p "$CACHE"
    exec 9>"$CACHE/lock"
    if command -v flock >/dev/null && ! flock -n 9; then
        say "Another set-up is running here; waiting for it …"
        flock 9
    fi
}

# Make an environment from requirements/SET.txt; a stamp, written last, marks it as complete.
make_env() {
    local name=$1 venv=$CACHE/venv-$1
    lock_cache
    if ! is_ready "$name"; then
        say "Setting up the environment '$name' in .cache/ (once)"
        find_uv || true
        find_python
        say "Python: $("$BASE" -V 2>&1) at $BASE"
        [[ $UV ]] || uv_with "$BASE" || die "uv could not be fetched. Is the Python package index reachable?"
        rm -rf "$venv"
        run "Creating the environment" "$UV" venv --quiet --no-project --python "$BASE" "$venv" || give_up "The environment could not be created."
        run "Installing packages" \
            "$UV" pip sync --quiet --python "$venv/bin/python" "$ROOT/requirements/$name.txt" ||
            give_up "Packages could not be installed. Is the Python package index reachable?"
        key_for "$name" >"$venv/stamp"
        say "The environment '$name' is ready."
    fi
    exec 9>&-
}
