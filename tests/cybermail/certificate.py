# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority, and a certificate by it for the platform's names, made with the program openssl."""

from __future__ import annotations

import base64
import ipaddress
import subprocess
from collections.abc import Sequence
from pathlib import Path


def make_certificate(directory: Path, names: Sequence[str]) -> None:
    """Make ``ca.pem``, ``server.pem`` and ``server.key`` for host names and addresses, unless they are there."""
    if (directory / "server.pem").exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    # Python 3.13 wants all that RFC 5280 wants: the use of the authority's key, and key identifiers.
    authority = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=Test authority"]
    authority += ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    _openssl(directory, "req", *authority, "-keyout", "ca.key", "-out", "ca.pem")
    request = ["-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={names[0]}"]
    _openssl(directory, "req", *request, "-keyout", "server.key", "-out", "server.csr")
    wanted = ",".join(f"IP:{name}" if _is_address(name) else f"DNS:{name}" for name in names)
    extensions = [f"subjectAltName={wanted}", "basicConstraints=CA:FALSE"]
    extensions += ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"]
    (directory / "extensions").write_text("\n".join(extensions) + "\n")
    signing = ["-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650"]
    _openssl(directory, "x509", *signing, "-extfile", "extensions", "-out", "server.pem")


def public_key(directory: Path) -> str:
    """Return the server's public key in the form of a DKIM record's ``p=``."""
    done = _openssl(directory, "pkey", "-in", "server.key", "-pubout", "-outform", "DER")
    return base64.b64encode(done).decode()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _openssl(directory: Path, *arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True).stdout
