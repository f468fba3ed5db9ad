# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider that a module's options name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.deps import need
from ..core.errors import InvalidValue, Unavailable
from ..core.json_api import read_key
from .names import parse_name
from .powerdns import PowerDns
from .rfc2136 import Rfc2136
from .zone import NotReached, Provider


def make_provider(params: Mapping[str, Any]) -> Provider:
    """Return the provider; nothing is connected yet.

    Raises:
        InvalidValue: an option cannot be taken.
        Unavailable: an option that the provider needs is not given, or a file holds no key.
        NotReached: the file with the key, or a library, is not there.
    """
    timeout = params["timeout"]
    if timeout < 1:
        raise InvalidValue("timeout", timeout, "is no time to wait", "give at least 1 second")
    if params["provider"] == "powerdns":
        key = read_secret("powerdns", "api_key_file", params["api_key_file"])
        return PowerDns(params["api_url"], key, params["server_id"], timeout)
    if not params["tsig_name"]:
        raise Unavailable("provider rfc2136 needs tsig_name, the name of the key that signs its messages")
    secret = read_secret("rfc2136", "tsig_secret_file", params["tsig_secret_file"])
    try:
        need("dns.update")
    except Unavailable as error:
        raise NotReached(str(error)) from error
    name = key_name(params["tsig_name"], "tsig_name")
    return Rfc2136(params["server"], params["port"], name, secret, params["tsig_algorithm"], timeout)


def key_name(value: str, subject: str) -> str:
    """Return the name of a TSIG key, which may have one label only: it is checked as if it stood below another.

    Raises:
        InvalidValue: it is none.
    """
    try:
        return parse_name(f"{value.removesuffix('.')}.invalid", subject).removesuffix(".invalid")
    except InvalidValue as error:
        right = "give the key's name as the server's configuration has it"
        raise InvalidValue(subject, value, "is no name of a key", right) from error


def read_secret(provider: str, option: str, path: str | None) -> str:
    """Return the one word that the file ``path`` holds.

    Raises:
        NotReached: there is no such file.
        Unavailable: no path, or the file cannot be read, is empty or holds more than a word. Its content is not told.
    """
    if not path:
        raise Unavailable(f"provider {provider} needs {option}, the file on the target that holds the key")
    secret = read_key(option, path)
    if secret is None:
        raise NotReached(f"{option} {path} does not exist on the target; give the right path")
    return secret
