#!/bin/sh
# Hold every netplan configuration below a folder against the releases that the hosts run.
#
#     ./check.sh FOLDER [RELEASE...]
#
# Ends with 3 if one of the releases would refuse one of them. HOSTNET is the command, if another.
set -eu

folder=${1:?usage: check.sh FOLDER [RELEASE...]}
shift
[ $# -gt 0 ] || set -- 22.04 24.04

worst=0
for release in "$@"; do
    echo "as Ubuntu or Debian $release takes them:"
    ${HOSTNET:-hostnet} validate "$folder" --release "$release" || worst=$?
done
exit "$worst"
