# Shared by the scripts in this folder: packages, Python, Postgres. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $1"; exit "${2:-70}"; }

# need_packages NAME...: installs what is missing from Debian, asking sudo when not root.
need_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local sudo=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "these Debian packages are missing: ${missing[*]}; install them as root" 69
        sudo=sudo
        say "Installing ${missing[*]} (sudo may ask for your password)"
    else
        say "Installing ${missing[*]}"
    fi
    $sudo apt-get -qq update >&2 || die "apt-get update failed: is the network there?" 69
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null || die "could not install ${missing[*]}" 69
}

# What building needs, what the executables load, and what running a private Postgres needs.
build_packages=(libssl-dev libpq-dev libzmq3-dev zlib1g-dev)
library_packages=(libssl3 libpq5 libzmq5 zlib1g)
run_packages=(postgresql postgresql-client python3 util-linux)

need_swift() {
    command -v swift >/dev/null || die "swift is not on the PATH: install Swift 6.3 from https://www.swift.org/install" 69
}

# need_python REQUIREMENTS: a virtual environment of the project's own in .venv; sets $python.
need_python() {
    need_packages python3 python3-venv
    python=$root/.venv/bin/python
    local wanted
    wanted=$(sha256sum "$1" | cut -d' ' -f1)
    [ "$(cat "$root/.venv/requirements" 2>/dev/null)" = "$wanted" ] && return
    python3 -m venv "$root/.venv" || die "could not make a Python environment in .venv" 69
    "$python" -m pip install --quiet --disable-pip-version-check -r "$1" >&2 || die "could not install $1 from PyPI" 69
    printf '%s' "$wanted" >"$root/.venv/requirements"
}
