#!/bin/sh
# Install what the tests and the demo need, and say so. Nothing is done twice: quick if all is there.
#   .venv/               a virtual environment with hostnet (editable) and its `test` extra
#   Debian's packages    those that tests/needs.py lists and this machine lacks; only as root
set -eu
cd "$(dirname "$0")/.."

say() {
    printf 'setup: %s\n' "$*" >&2
}

apt_install() {
    say "apt-get install $*"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    # A fresh machine has no package lists and an old one stale ones; the first try tells. Some
    # other program's apt, as a new machine has it after its first boot, is waited for.
    set -- -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends "$@"
    apt-get install "$@" >/dev/null 2>&1 && return
    say "apt-get update (the package lists are missing or old)"
    apt-get update -qq >/dev/null
    apt-get install "$@" >/dev/null
}

may_install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
}

# The machine's own python3 if it is new enough, else the newest of the others. Each is run, since
# a name on PATH may be only a version manager's placeholder.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

make_venv() {
    if ! python=$(find_python); then
        may_install || { say "needs Python 3.10 or newer; install python3"; return 1; }
        apt_install python3 python3-venv
        python=$(find_python) || { say "needs Python 3.10 or newer"; return 1; }
    fi
    # Debian splits ensurepip off into python3-venv.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        may_install || { say "$python cannot make environments; install python3-venv"; return 1; }
        apt_install python3-venv
    fi
    say "making .venv with $("$python" -V) ($python)"
    "$python" -m venv --clear .venv
}

# What .venv was made from. The folder counts: a moved checkout leaves an editable install behind.
venv_key() {
    { pwd; cat pyproject.toml; } | sha256sum
}

install_venv() {
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        make_venv
    elif [ "$(cat .venv/hostnet-setup 2>/dev/null)" = "$(venv_key)" ]; then
        return
    fi
    say "installing hostnet and its test tools into .venv"
    # -qq: errors only
    .venv/bin/python -m pip install -qq --disable-pip-version-check --editable '.[test]' >&2
    venv_key >.venv/hostnet-setup
}

install_packages() {
    missing=$(.venv/bin/python -m tests.needs)
    [ -n "$missing" ] || return 0
    # One word a package: the list is ours.
    # shellcheck disable=SC2086
    set -- $missing
    if may_install; then
        apt_install "$@" || say "that failed; tests that need them will say so"
    else
        say "not installed, since only root can: $*"
        say "tests that need them will be skipped and say so"
    fi
}

install_venv
install_packages
