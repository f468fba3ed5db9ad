# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a mail host: find the files, and lines of the journal, that hold one of some secrets.

Standard input is JSON, a list of secrets. Standard output is JSON: ``files``, which maps each file with a secret to its
mode, and ``journal``, the lines with one, without it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

_OUTSIDE = ("proc", "sys", "dev")


def main() -> None:
    secrets = [secret.encode() for secret in json.load(sys.stdin)]
    patterns = b"\n".join(secrets)
    tops = [f"/{name}" for name in os.listdir("/") if name not in _OUTSIDE and not os.path.islink(f"/{name}")]
    # The patterns come on standard input: they are to be in no argument and in no file.
    files = grep(patterns, "--recursive", "--devices=skip", "--files-with-matches", "--null", *tops)
    names = [name.decode("utf-8", "surrogateescape") for name in files.split(b"\0") if name]
    journal = subprocess.run(
        ["journalctl", "--no-pager", "--output=cat", "--all"], capture_output=True, check=True
    ).stdout
    lines = [without(secrets, line) for line in journal.split(b"\n") if any(secret in line for secret in secrets)]
    json.dump(
        {"files": {name: f"{os.stat(name).st_mode & 0o7777:04o}" for name in names}, "journal": lines}, sys.stdout
    )


def without(secrets: list[bytes], line: bytes) -> str:
    """Return ``line`` with the number of each secret in its place, so that a failing test says where and which."""
    for number, secret in enumerate(secrets):
        line = line.replace(secret, b"[secret %d]" % number)
    return line.decode("utf-8", "backslashreplace")


def grep(patterns: bytes, *arguments: str) -> bytes:
    command = ["grep", "--fixed-strings", "--text", "--no-messages", "--file=-", *arguments]
    return subprocess.run(command, input=patterns, capture_output=True, check=False, env={"LC_ALL": "C"}).stdout


if __name__ == "__main__":
    main()
