#!/bin/sh
# Give each interface of an image its fixed address, before the image ever boots.
#   bake.sh IMAGE <hosts.txt
# Each line: IFACE ADDRESS/PREFIX GATEWAY|none [NAMESERVER]. Empty lines and # lines are passed over.
# HOSTNET is the command to run, if it is not on PATH.
set -eu

image=$1
hostnet=${HOSTNET:-hostnet}

while read -r iface address gateway nameserver; do
    case $iface in '' | '#'*) continue ;; esac
    # One word a part: HOSTNET may be several ("python3 -m hostnet").
    # shellcheck disable=SC2086
    $hostnet static "$iface" "$address" --gateway "$gateway" \
        ${nameserver:+--dns "$nameserver"} --root "$image" --quiet </dev/null
done

# Exit code 3 if netplan would refuse what the image has now.
# shellcheck disable=SC2086
$hostnet validate --root "$image"
