# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the programs of this host's Dovecot, where an answer is good to have and none is no fault."""

from __future__ import annotations

import subprocess

_LONGEST_ANSWER_SECONDS = 30


def answer_of(*command: str) -> str:
    """Return what a program writes; ``""`` where it is not installed, fails or does not end."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_LONGEST_ANSWER_SECONDS)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return answer.stdout
