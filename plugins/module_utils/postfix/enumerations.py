# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that Postfix parameters admit where Postfix itself checks them only when a daemon reads them.

A daemon that meets another value ends at once ("bad parameter value", "unknown ..."), and master starts it again,
over and over. Names and values are those of postconf(5) for Postfix 3.7 to 3.10; upper and lower case do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Version = tuple[int, ...]

_SERVER_LEVELS = frozenset({"", "none", "may", "encrypt"})
_CLIENT_LEVELS = _SERVER_LEVELS | {"dane", "dane-only", "fingerprint", "verify", "secure"}
_CIPHERS = frozenset({"export", "low", "medium", "high", "null"})
_ADDRESS_CLASSES = frozenset({"envelope_sender", "envelope_recipient", "header_sender", "header_recipient"})
_SASL_OPTIONS = frozenset({"", "noplaintext", "noactive", "nodictionary", "noanonymous", "mutual_auth"})
_TEMPFAIL_ACTIONS = frozenset({"reject", "defer", "defer_if_permit", "defer_if_reject"})
_POSTSCREEN_ACTIONS = frozenset({"ignore", "enforce", "drop"})
_DELIVERY_CLASSES = frozenset({"alias", "forward", "include"})

# One word each.
_WORDS: dict[str, frozenset[str]] = {
    "header_from_format": frozenset({"standard", "obsolete"}),
    "info_log_address_format": frozenset({"internal", "external"}),
    "milter_default_action": frozenset({"accept", "reject", "tempfail", "quarantine", "shutdown"}),
    "mynetworks_style": frozenset({"class", "subnet", "host"}),
    "sendmail_fix_line_endings": frozenset({"always", "strict", "never"}),
    "smtp_tls_dane_insecure_mx_policy": frozenset({"", "may", "encrypt", "dane"}),
    "smtpd_forbid_bare_newline": frozenset({"no", "yes", "normalize", "reject", "note"}),
    "smtpd_tls_eecdh_grade": frozenset({"auto", "none", "strong", "ultra"}),
    "tlsproxy_tls_eecdh_grade": frozenset({"auto", "none", "strong", "ultra"}),
    **dict.fromkeys(("smtpd_tls_security_level", "postscreen_tls_security_level"), _SERVER_LEVELS),
    "tlsproxy_tls_security_level": _SERVER_LEVELS,
    **dict.fromkeys(("smtp_tls_security_level", "lmtp_tls_security_level"), _CLIENT_LEVELS),
    "tlsproxy_client_security_level": _CLIENT_LEVELS,
    **dict.fromkeys(
        ("smtp_dns_support_level", "lmtp_dns_support_level"), frozenset({"", "disabled", "enabled", "dnssec"})
    ),
    **dict.fromkeys(("smtp_address_preference", "lmtp_address_preference"), frozenset({"any", "ipv4", "ipv6"})),
    **dict.fromkeys(("smtp_address_verify_target", "lmtp_address_verify_target"), frozenset({"rcpt", "data"})),
    **{
        f"{daemon}_tls_{kind}": _CIPHERS
        for daemon in ("smtp", "lmtp", "smtpd", "tlsproxy")
        for kind in ("ciphers", "mandatory_ciphers")
    },
    **{
        f"postscreen_{test}_action": _POSTSCREEN_ACTIONS
        for test in ("bare_newline", "blacklist", "denylist", "dnsbl", "greet", "non_smtp_command", "pipelining")
    },
    "reject_tempfail_action": _TEMPFAIL_ACTIONS,
    **{
        f"{test}_tempfail_action": _TEMPFAIL_ACTIONS
        for test in ("unknown_address", "unknown_helo_hostname", "unverified_recipient", "unverified_sender")
    },
}

# Several words, separated by commas or white space.
_LISTS: dict[str, frozenset[str]] = {
    "allow_mail_to_commands": _DELIVERY_CLASSES,
    "allow_mail_to_files": _DELIVERY_CLASSES,
    "canonical_classes": _ADDRESS_CLASSES,
    "inet_protocols": frozenset({"all", "ipv4", "ipv6"}),
    "internal_mail_filter_classes": frozenset({"bounce", "notify"}),
    "masquerade_classes": _ADDRESS_CLASSES,
    "notify_classes": frozenset({"bounce", "2bounce", "data", "delay", "policy", "protocol", "resource", "software"}),
    "prepend_delivered_header": frozenset({"command", "file", "forward"}),
    "propagate_unmatched_extensions": frozenset({"canonical", "virtual", "alias", "forward", "include", "generic"}),
    "receive_override_options": frozenset(
        {"no_unknown_recipient_checks", "no_address_mappings", "no_header_body_checks", "no_milters"}
    ),
    "recipient_canonical_classes": _ADDRESS_CLASSES,
    "sender_canonical_classes": _ADDRESS_CLASSES,
    "smtpd_proxy_options": frozenset({"speed_adjust"}),
    "smtputf8_autodetect_classes": frozenset(
        {"sendmail", "smtpd", "qmqpd", "forward", "bounce", "notify", "verify", "all"}
    ),
    **dict.fromkeys(("smtp_host_lookup", "lmtp_host_lookup"), frozenset({"dns", "native"})),
    **dict.fromkeys(
        ("smtp_dns_resolver_options", "lmtp_dns_resolver_options"), frozenset({"res_defnames", "res_dnsrch"})
    ),
    **{
        f"{daemon}_sasl_{kind}": _SASL_OPTIONS
        for daemon in ("smtp", "lmtp")
        for kind in ("security_options", "tls_security_options", "tls_verified_security_options")
    },
    "smtpd_sasl_security_options": _SASL_OPTIONS | {"forward_secrecy"},
    "smtpd_sasl_tls_security_options": _SASL_OPTIONS | {"forward_secrecy"},
}

# What came later, or with a back-port: (parameter, value) -> first version of each release series, in order.
_SINCE: dict[tuple[str, str], tuple[Version, ...]] = {
    ("milter_default_action", "shutdown"): ((3, 7, 20), (3, 8, 15), (3, 9, 9), (3, 10, 8)),
    ("smtpd_forbid_bare_newline", "note"): ((3, 9, 0),),
}

# Their defaults look like a number, a time or yes and no, and other values are right as well.
_FREE = frozenset(
    {
        "compatibility_level",
        "lmtp_tcp_port",
        "mail_release_date",
        "milter_protocol",
        "process_id",
        "smtp_tcp_port",
    }
)
_FEEDBACK = re.compile(r"_(positive|negative)_feedback$")
_NUMBER = re.compile(r"-?[0-9]+", re.ASCII)
_TIME = re.compile(r"[0-9]+[smhdw]?", re.ASCII | re.IGNORECASE)
_TIME_DEFAULT = re.compile(r"[0-9]+[smhdw]", re.ASCII)
_SEPARATORS = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class Postfix:
    """What an installed Postfix says of itself. ``defaults`` are expanded (``postconf -d -x``)."""

    version: Version
    defaults: Mapping[str, str]
    server_sasl_types: frozenset[str] = frozenset()
    client_sasl_types: frozenset[str] = frozenset()
    lock_methods: frozenset[str] = frozenset()


def parse_version(text: str) -> Version:
    """Return ``3.7.11`` as numbers; a snapshot's date is left out (``3.11-20250101``)."""
    return tuple(int(part) for part in re.findall(r"[0-9]+", text.split("-", 1)[0]))


def wrong_value(name: str, value: str, postfix: Postfix) -> str | None:
    """Return what the parameter ``name`` admits if the expanded ``value`` is not of it, else ``None``."""
    if "$" in value:
        # A name that only a running daemon can expand.
        return None
    choices = _choices(name, postfix)
    if choices:
        admitted, words = choices, [value]
        if name in _LISTS or name.endswith("_lock"):
            words = [word for word in _SEPARATORS.split(value) if word]
        if all(word.lower() in admitted for word in words):
            return None
        return f"one of {', '.join(sorted(choice for choice in admitted if choice))}"
    return _wrong_kind(name, value, postfix.defaults.get(name))


def _choices(name: str, postfix: Postfix) -> frozenset[str]:
    if name == "smtpd_sasl_type":
        return postfix.server_sasl_types
    if name in ("smtp_sasl_type", "lmtp_sasl_type"):
        return postfix.client_sasl_types
    if name in ("mailbox_delivery_lock", "virtual_mailbox_lock"):
        return postfix.lock_methods
    known = _WORDS.get(name) or _LISTS.get(name) or frozenset()
    return frozenset(value for value in known if _has_value(name, value, postfix.version))


def _has_value(name: str, value: str, version: Version) -> bool:
    since = _SINCE.get((name, value))
    if since is None:
        return True
    same_series = [first for first in since if first[:2] == version[:2]]
    return version >= (same_series or [since[-1]])[0]


def _wrong_kind(name: str, value: str, default: str | None) -> str | None:
    """Judge by the default: Postfix reads a parameter whose default is a number as a number, and so on."""
    if default is None or name in _FREE or _FEEDBACK.search(name):
        return None
    if default in ("yes", "no"):
        return None if value.lower() in ("yes", "no") else "yes or no"
    if _TIME_DEFAULT.fullmatch(default):
        return None if _TIME.fullmatch(value) else "a time such as 300s, 5m, 2h, 1d or 1w"
    if _NUMBER.fullmatch(default):
        return None if _NUMBER.fullmatch(value) else "a number"
    return None
