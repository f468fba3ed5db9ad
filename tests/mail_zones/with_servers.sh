#!/usr/bin/env bash
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Run a command with PowerDNS, BIND and Knot in its PATH. Those that are not installed are unpacked, not installed, from
# the distribution's packages under build/nameservers, so that no service starts on this machine.
set -euo pipefail

packages=(pdns-server pdns-backend-sqlite3 bind9 bind9-utils knot)
programs=(pdns_server pdnsutil named knotd)
root="$PWD/build/nameservers"

missing() {
    local program
    for program in "${programs[@]}"; do
        command -v "$program" >/dev/null || echo "$program"
    done
}

export PATH="$root/usr/sbin:$root/usr/bin:$PATH:/usr/sbin"
if [[ -n "$(missing)" ]]; then
    if ! command -v apt-get >/dev/null || ((EUID != 0)); then
        echo "name servers are missing: $(missing | xargs); install ${packages[*]}, or run as root on Debian" >&2
        exit 1
    fi
    mkdir -p "$root/debs/partial"
    apt-get update --quiet=2
    apt-get install --quiet=2 --yes --no-install-recommends --download-only \
        -o "Dir::Cache::archives=$root/debs" "${packages[@]}" >/dev/null
    for package in "$root"/debs/*.deb; do
        dpkg --extract "$package" "$root"
    done
fi
for directory in "$root"/usr/lib/*-linux-gnu "$root"/usr/lib/*-linux-gnu/bind; do
    [[ -d "$directory" ]] && LD_LIBRARY_PATH="$directory${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}"
if [[ -n "$(missing)" ]]; then
    echo "name servers are still missing: $(missing | xargs)" >&2
    exit 1
fi
exec "$@"
