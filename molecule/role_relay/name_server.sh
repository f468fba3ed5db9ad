#!/bin/sh
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Serve the names of the bed, and make an authority and the providers' certificates: name_server.sh OWN-ADDRESS ADDRESS-OF-PROVIDER12
set -eu

cat >/etc/dnsmasq.d/bed.conf <<END
listen-address=$1
bind-interfaces
no-hosts
local=/example/
host-record=smtp12.provider.example,other.provider.example,$2
host-record=smtp13.provider.example,mx.inbox.example,$1
mx-host=inbox.example,mx.inbox.example,10
mx-host=partner.example,mx.inbox.example,10
END
systemctl restart dnsmasq.service

umask 077
mkdir -p /root/pki
cd /root/pki
new_key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
# shellcheck disable=SC2086 # several words
openssl req -x509 $new_key -days 30 -subj "/CN=An authority of the tests" -keyout ca.key -out ca.pem \
    -addext keyUsage=critical,keyCertSign,cRLSign
for name in smtp12.provider.example smtp13.provider.example; do
    # shellcheck disable=SC2086
    openssl req -new $new_key -subj "/CN=$name" -addext "subjectAltName=DNS:$name" -keyout "$name.key" -out "$name.csr"
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days 30 -out "$name.crt"
    cat "$name.key" "$name.crt" >"$name.pem"
done
touch made
