#!/bin/sh
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Make this host a provider whose logins have the passwords NAME-password: provider.sh OWN-NAME LOGIN...
set -eu

own="$1"
shift
useradd --create-home reader
postconf -X smtpd_tls_cert_file smtpd_tls_key_file
postconf -e "myhostname = $own" "myorigin = $own" \
    "mydestination = inbox.example, partner.example, $own, localhost" \
    'local_recipient_maps =' 'luser_relay = reader' 'mailbox_command =' 'mynetworks = 127.0.0.0/8' \
    'smtpd_tls_chain_files = /etc/postfix/provider.pem' 'smtpd_tls_security_level = may' \
    'smtpd_tls_auth_only = yes' 'smtpd_tls_received_header = yes' \
    'smtpd_sasl_path = smtpd' 'smtpd_sasl_local_domain = provider.example' 'smtpd_sasl_security_options = noanonymous' \
    'smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination'
users="-o smtpd_sasl_auth_enable=yes -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject"
postconf -M "587/inet=587 inet n - n - - smtpd -o syslog_name=postfix/587 -o smtpd_tls_security_level=encrypt $users" \
    "465/inet=465 inet n - n - - smtpd -o syslog_name=postfix/465 -o smtpd_tls_wrappermode=yes $users"

cat >/etc/postfix/sasl/smtpd.conf <<END
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN CRAM-MD5
END
for login; do
    printf '%s-password' "$login" | saslpasswd2 -p -c -u provider.example "$login"
done
chgrp sasl /etc/sasldb2
chmod 0640 /etc/sasldb2
usermod --append --groups sasl postfix
systemctl restart postfix.service
touch /root/provider
