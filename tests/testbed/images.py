# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the test bed, built from the distribution's own packages.

A mail host's image is a bare Debian with systemd, Python and an SSH server. The packages that the roles will install
lie in its apt cache, not installed: every scenario installs them for real and nobody downloads them twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import podman

MAXIMUM_AGE_SECONDS = 3 * 24 * 3600

_BASE = [
    "systemd", "systemd-sysv", "dbus", "python3", "python3-apt", "iproute2", "ca-certificates", "procps",
    "openssh-server",
]  # fmt: skip
_MAIL = [
    "postfix", "postfix-lmdb", "dovecot-imapd", "dovecot-pop3d", "dovecot-lmtpd", "dovecot-managesieved",
    "dovecot-sieve", "dovecot-sqlite", "dovecot-pgsql", "dovecot-auth-lua", "postfix-pgsql", "postgresql",
    "python3-lmdb", "python3-argon2", "python3-idna", "python3-cryptography", "python3-passlib", "python3-psycopg2",
    "sqlite3", "acl", "unbound", "rspamd", "redis-server", "dns-root-data", "nsd", "ldnsutils",
    "python3-dkim", "python3-nacl",
]  # fmt: skip
_CLIENT = [
    "swaks", "libnet-ssleay-perl", "sieve-connect", "openssl", "curl", "bind9-host", "python3-dkim", "python3-nacl",
]  # fmt: skip
# Units that only disturb a host of the bed: no modules to load, and a timer that takes apt's lock at its own time.
_MASKED = ["systemd-modules-load.service", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer"]


@dataclass(frozen=True)
class Image:
    """One image: Debian's suite, packages installed in it, and packages that lie ready in its apt cache."""

    suite: str
    installed: list[str] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)


IMAGES = {
    "12": Image("bookworm", _BASE, _MAIL),
    "13": Image("trixie", _BASE, _MAIL),
    "client": Image("trixie", _BASE + _CLIENT),
}


def tag(name: str) -> str:
    """Return the tag of the image ``name``; it changes with the recipe."""
    recipe = hashlib.sha256(repr(_command(name, "")).encode()).hexdigest()[:12]
    return f"localhost/mailwright-{name}:{recipe}"


def ensure(name: str, build: Path) -> None:
    """Build the image ``name`` unless a recent one is there; ``build`` is a folder for its archive."""
    build.mkdir(parents=True, exist_ok=True)
    # Scenarios that run side by side want the same images.
    with (build / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        created = podman.podman("image", "inspect", "--format", "{{.Created.Unix}}", tag(name), check=False).stdout
        if not created or time.time() - int(created) >= MAXIMUM_AGE_SECONDS:
            _build(name, build / f"{name}.tar")


def remove(name: str) -> None:
    """Remove the image ``name`` unless a host still needs it."""
    podman.podman("image", "rm", tag(name), check=False)


def _build(name: str, archive: Path) -> None:
    print(f"building the image {tag(name)} ...", flush=True)
    result = subprocess.run(_command(name, str(archive)), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise podman.TestBedError(f"mmdebstrap failed for {name}:\n{result.stderr[-3000:]}")
    podman.podman("import", "--quiet", str(archive), tag(name))
    archive.unlink()


def _command(name: str, archive: str) -> list[str]:
    image = IMAGES[name]
    hooks = ['chroot "$1" apt-get clean', f'chroot "$1" systemctl --quiet mask {" ".join(_MASKED)}']
    if image.ready:
        hooks.append(f'chroot "$1" apt-get install --quiet --download-only --yes {" ".join(image.ready)}')
    return [
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(image.installed)}",
        *(f"--customize-hook={hook}" for hook in hooks), "--skip=cleanup/apt", image.suite, archive,
    ]  # fmt: skip
