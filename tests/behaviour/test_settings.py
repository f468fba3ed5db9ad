# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings whose effect takes days, or a misbehaving peer, to be seen: what the running services say of them."""

from __future__ import annotations

from behaviour.bed import MailHost
from behaviour.client import Client

POSTFIX = {
    "bounce_queue_lifetime": "1d",
    "maximal_queue_lifetime": "2d",
    "mynetworks": "127.0.0.0/8, [::1]/128",
    "smtp_tls_security_level": "may",
    "smtpd_helo_required": "yes",
    "smtputf8_enable": "no",
    "parent_domain_matches_subdomains": "",
    "strict_rfc821_envelopes": "yes",
    "tls_ssl_options": "NO_COMPRESSION, NO_RENEGOTIATION",
}
DOVECOT = {"mail_max_userip_connections": "40"}


def test_settings_of_postfix(mx: MailHost) -> None:
    values = mx.run(f"postconf -h {' '.join(POSTFIX)}").splitlines()
    assert dict(zip(POSTFIX, values, strict=True)) == POSTFIX


def test_settings_of_dovecot(mx: MailHost) -> None:
    values = mx.run(f"doveconf -h -f protocol=imap {' '.join(DOVECOT)}").splitlines()
    assert dict(zip(DOVECOT, values, strict=True)) == DOVECOT


def test_settings_of_the_kernel(mx: MailHost) -> None:
    """Each waiting IMAP client needs an inotify instance, and Debian's own limit is 128."""
    assert "1024" in mx.run("cat /etc/sysctl.d/60-mailwright-dovecot.conf")


def test_delivery_notifications_are_for_users_only(mx: MailHost, client: Client) -> None:
    """They tell strangers when and where to a message was delivered (RFC 3461)."""
    assert "DSN" not in client.smtp(mx, [])["ehlo"][1].split("\n")
    assert "DSN" in client.smtp(mx, [], 587)["ehlo"][1].split("\n")
