# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that parameters admit."""

from __future__ import annotations

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.enumerations import (
    Postfix,
    parse_version,
    wrong_value,
)

DEFAULTS = {
    "biff": "yes",
    "compatibility_level": "0",
    "default_destination_concurrency_positive_feedback": "1",
    "message_size_limit": "10240000",
    "smtp_connect_timeout": "30s",
    "smtpd_forbid_bare_newline": "no",
    "relayhost": "",
}


def postfix(version: str = "3.7.11") -> Postfix:
    return Postfix(
        parse_version(version),
        DEFAULTS,
        frozenset({"cyrus", "dovecot"}),
        frozenset({"cyrus"}),
        frozenset({"fcntl", "dotlock"}),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtpd_tls_security_level", "encrypt"),
        ("smtpd_tls_security_level", ""),
        ("smtp_tls_security_level", "DANE-only"),
        ("smtp_dns_support_level", "dnssec"),
        ("smtpd_forbid_bare_newline", "normalize"),
        ("milter_default_action", "tempfail"),
        ("inet_protocols", "ipv4, ipv6"),
        ("notify_classes", "resource software"),
        ("notify_classes", ""),
        ("smtpd_sasl_type", "dovecot"),
        ("mailbox_delivery_lock", "fcntl, dotlock"),
        ("biff", "YES"),
        ("message_size_limit", "0"),
        ("smtp_connect_timeout", "1w"),
        ("smtp_connect_timeout", "30"),
        ("compatibility_level", "3.6"),
        ("default_destination_concurrency_positive_feedback", "1/concurrency"),
        ("relayhost", "anything"),
        ("my_own", "anything"),
        ("biff", "$other"),
    ],
)
def test_what_is_admitted(name: str, value: str) -> None:
    assert wrong_value(name, value, postfix()) is None


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("smtpd_tls_security_level", "dane", "one of encrypt, may, none"),
        ("smtp_tls_security_level", "on", "one of dane, dane-only, encrypt, fingerprint, may, none, secure, verify"),
        ("smtp_dns_support_level", "yes", "one of disabled, dnssec, enabled"),
        ("milter_default_action", "", "one of accept, quarantine, reject, tempfail"),
        ("inet_protocols", "ipv4, ipv5", "one of all, ipv4, ipv6"),
        ("smtpd_sasl_type", "gnu", "one of cyrus, dovecot"),
        ("smtp_sasl_type", "dovecot", "one of cyrus"),
        ("virtual_mailbox_lock", "flock", "one of dotlock, fcntl"),
        ("biff", "on", "yes or no"),
        ("biff", "", "yes or no"),
        ("biff", "True", "yes or no"),
        ("message_size_limit", "10M", "a number"),
        ("message_size_limit", "", "a number"),
        ("smtp_connect_timeout", "5min", "a time such as 300s, 5m, 2h, 1d or 1w"),
    ],
)
def test_what_is_not(name: str, value: str, right: str) -> None:
    assert wrong_value(name, value, postfix()) == right


@pytest.mark.parametrize(
    ("name", "value", "version", "is_right"),
    [
        ("smtpd_forbid_bare_newline", "note", "3.7.11", False),
        ("smtpd_forbid_bare_newline", "note", "3.9.0", True),
        ("smtpd_forbid_bare_newline", "note", "3.10.5", True),
        ("smtpd_forbid_bare_newline", "reject", "3.7.11", True),
        ("milter_default_action", "shutdown", "3.7.11", False),
        ("milter_default_action", "shutdown", "3.7.20", True),
        ("milter_default_action", "shutdown", "3.10.7", False),
        ("milter_default_action", "shutdown", "3.10.13", True),
        ("milter_default_action", "shutdown", "3.11.0", True),
        ("milter_default_action", "shutdown", "3.6.19", False),
    ],
)
def test_what_came_with_a_version(name: str, value: str, version: str, is_right: bool) -> None:
    assert (wrong_value(name, value, postfix(version)) is None) == is_right


def test_versions() -> None:
    assert parse_version("3.7.11") == (3, 7, 11)
    assert parse_version("3.11-20250101") == (3, 11)
    assert parse_version("") == ()
