# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CyberMail modules' common options ask for, checked."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.addresses import parse_address
from ..core.errors import InvalidValue, Unavailable
from ..core.json_api import check_url, read_key
from .client import Client, Server
from .https import Tls
from .platform import Platform

_MOST_RETRIES = 10
_LONGEST_TIMEOUT = 600


class NotConnected(Unavailable):
    """There is no API key on this host: the account is still to be connected."""


def account_email(params: Mapping[str, Any]) -> str:
    """Return the account's address.

    Raises:
        InvalidValue: it is none.
    """
    return str(parse_address(params["email"], "email"))


def read_server(params: Mapping[str, Any]) -> Server:
    """Return where the API is and how it is asked.

    Raises:
        InvalidValue: an option cannot be taken.
    """
    right = "give one such as https://platform.cyberpersons.com/email/cp/; the key goes over encrypted connections only"
    url = params["api_url"].rstrip("/")
    check_url("api_url", url, right, ("https",))
    timeout, retries = params["timeout"], params["retries"]
    if not 1 <= timeout <= _LONGEST_TIMEOUT:
        raise InvalidValue("timeout", timeout, "is no time to wait", f"give 1 to {_LONGEST_TIMEOUT} seconds")
    if not 0 <= retries <= _MOST_RETRIES:
        raise InvalidValue("retries", retries, "is out of range", f"give 0 to {_MOST_RETRIES}")
    ca_path = params["ca_path"]
    if ca_path is not None:
        try:
            ssl.create_default_context(cafile=ca_path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InvalidValue(
                "ca_path", ca_path, f"cannot be taken ({reason})", "give a file on the target with certificates in PEM"
            ) from error
    return Server(url, timeout, retries, Tls(params["validate_certs"], ca_path))


def make_platform(params: Mapping[str, Any], key: str = "", hidden: Iterable[str] = ()) -> Platform:
    """Return the platform, asked with ``key`` where one is given; nothing is asked yet.

    Raises:
        InvalidValue: an option cannot be taken.
    """
    return Platform(Client(read_server(params), key, hidden), account_email(params))


def connected_platform(params: Mapping[str, Any]) -> Platform:
    """Return the platform, asked with the key in ``api_key_file``.

    Raises:
        InvalidValue: an option cannot be taken.
        NotConnected: there is no such file.
        Unavailable: it holds no key.
    """
    make_platform(params)
    key = read_key("api_key_file", full_path(params, "api_key_file"))
    if key is None:
        raise NotConnected(
            f"api_key_file {params['api_key_file']} does not exist on the target; connect the account with "
            "mailwright.mail.cybermail_account, or give the right path"
        )
    return make_platform(params, key)


def full_path(params: Mapping[str, Any], option: str) -> str:
    """Return the path that ``option`` gives.

    Raises:
        InvalidValue: it does not start at the root.
    """
    path = str(params[option])
    if not os.path.isabs(path):
        raise InvalidValue(option, path, "is no full path", "start it with /")
    return path


def check_writable(option: str, path: str, check_mode: bool) -> list[str]:
    """Return a warning where ``path`` could not be written now and an earlier task may change that, in check mode.

    Raises:
        Unavailable: its directory is not there or not writable, or it is no regular file.
    """
    directory = Path(path).parent
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isfile(path)):
        raise Unavailable(f"{option} {path}: is no regular file; remove it, or give another path")
    if directory.is_dir() and os.access(directory, os.W_OK):
        return []
    reason = "cannot be written" if directory.is_dir() else "is not there"
    if check_mode:
        return [f"{option} {path}: its directory {reason}; a run fails unless an earlier task makes it"]
    raise Unavailable(f"{option} {path}: its directory {reason}; make it first")
