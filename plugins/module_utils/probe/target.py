# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which server is probed, how, and as whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.addresses import parse_domain
from ..core.errors import Conflict, InvalidValue, Unavailable
from ..core.files import read_bytes

STARTTLS, TLS, NONE = "starttls", "tls", "none"
# Protocol -> the port for each kind of TLS, and the kind that is taken if neither is given.
PORTS = {
    "smtp": {STARTTLS: 587, TLS: 465, NONE: 25},
    "imap": {STARTTLS: 143, TLS: 993, NONE: 143},
    "pop3": {STARTTLS: 110, TLS: 995, NONE: 110},
    "sieve": {STARTTLS: 4190, TLS: 4190, NONE: 4190},
}
_USUAL = {"smtp": STARTTLS, "imap": TLS, "pop3": TLS, "sieve": STARTTLS}
# Ports where TLS begins with the connection (RFC 8314, section 7.3).
_IMPLICIT = (465, 993, 995)
_LONGEST_PASSWORD = 4096


@dataclass(frozen=True)
class Target:
    """A server's port. ``protocol`` is one of `PORTS`, ``tls`` one of ``starttls``, ``tls`` and ``none``.

    ``address`` is the one to connect to where the name's own are not wanted, ``tls_name`` what the certificate has to
    be for, ``ca_path`` a file or directory of the only authorities that are trusted (``None``: the system's),
    and ``ca_pem`` has those that are trusted beside them. ``timeout`` is for each step and ``budget`` for all together,
    in seconds.
    """

    protocol: str
    host: str
    port: int
    tls: str
    tls_name: str
    address: str | None = None
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 10
    budget: float = 60
    ca_pem: str | None = None


@dataclass(frozen=True)
class Login:
    """As whom."""

    username: str
    password: str = field(repr=False)


def target_from(protocol: str, params: Mapping[str, Any]) -> Target:
    """Return the target that a module's options describe (`argspec.COMMON`).

    Raises:
        InvalidValue: a value is none that can be used.
    """
    host = _host("host", params["host"])
    port, tls = params.get("port"), params.get("tls")
    if tls is None:
        tls = _USUAL[protocol] if port is None else TLS if port in _IMPLICIT else STARTTLS
    if port is None:
        port = PORTS[protocol][tls]
    if not 0 < port < 65536:
        raise InvalidValue("port", port, "is no port", "give a number from 1 to 65535")
    for name in ("timeout", "budget"):
        if not 0 < params[name] <= 3600:
            raise InvalidValue(name, params[name], "is no time to wait", "give seconds, more than 0 and at most 3600")
    return Target(
        protocol,
        host,
        port,
        tls,
        _host("tls_name", params.get("tls_name") or host),
        _address(params.get("address")),
        params.get("ca_path"),
        params["validate_certs"],
        params["timeout"],
        params["budget"],
        params.get("ca_pem"),
    )


def login_from(params: Mapping[str, Any], target: Target) -> Login | None:
    """Return the login that a module's options describe, ``None`` without one.

    Raises:
        InvalidValue: the username or the password has characters that would end a command.
        Conflict: one of username and password is missing, or they would be sent without TLS.
        Unavailable: the password's file holds no password.
    """
    username, password = params.get("username"), params.get("password")
    if path := params.get("password_file"):
        password = _password_in(path)
    if username is None and password is None:
        return None
    if username is None or password is None:
        raise Conflict("username and password belong together: give both, or neither of them to probe without a login")
    if target.tls == NONE and target.validate_certs:
        raise Conflict(
            "tls: none would send the password in the clear; take starttls or tls, "
            "or say validate_certs: false where nobody can listen, such as on the host itself"
        )
    printable("username", username)
    # Its value is not told.
    if not password or not _is_sendable(password) or len(password) > _LONGEST_PASSWORD:
        raise InvalidValue(
            "password", "(hidden)", "is empty, too long or has control characters", "give one line of text"
        )
    return Login(username, password)


def printable(option: str, value: str) -> str:
    """Return ``value``, which goes into a command as it is.

    Raises:
        InvalidValue: it is empty, or has characters that would end the command.
    """
    if not value or not _is_sendable(value) or len(value) > 1000:
        raise InvalidValue(option, value, "cannot be sent in a command", "give one line of text")
    return value


def _is_sendable(text: str) -> bool:
    return all(character >= " " and character != "\x7f" and not "\ud800" <= character <= "\udfff" for character in text)


def _password_in(path: str) -> str:
    content = read_bytes(path)
    if content is None:
        raise Unavailable(f"password_file {path}: there is no such file")
    try:
        text = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise Unavailable(f"password_file {path}: holds no text") from error
    if not text or not _is_sendable(text):
        raise Unavailable(f"password_file {path}: holds no password; it has to be the only line")
    return text


def _host(option: str, value: str) -> str:
    if _is_address(value):
        return value
    right = "give a host name or an IP address"
    if not value.isascii():
        return parse_domain(value, option)
    if not value or len(value) > 253 or any(not (c.isalnum() or c in "-._") for c in value):
        raise InvalidValue(option, value, "is no host", right)
    name = value.removesuffix(".").lower()
    if not all(0 < len(label) < 64 for label in name.split(".")):
        raise InvalidValue(option, value, "has labels that are empty or too long", right)
    return name


def _address(value: str | None) -> str | None:
    if value is not None and not _is_address(value):
        raise InvalidValue("address", value, "is no IP address", "give one such as 192.0.2.1 or 2001:db8::1")
    return value


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
