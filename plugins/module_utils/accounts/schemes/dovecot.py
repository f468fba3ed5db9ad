# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which schemes the Dovecot of each Debian release lacks, and with which it refuses logins.

Found by asking: ``doveadm pw -l``, and a login with a hash of every scheme, with Dovecot 2.3.19.1 (Debian 12) and 2.4.1
(Debian 13). ``doveadm pw -t`` verifies what logins refuse, so it is no proof.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Build:
    """One Dovecot: ``lacks`` are scheme names it does not know, ``refuses`` those it only takes when it is told to."""

    version: str
    debian: str
    lacks: frozenset[str]
    refuses: frozenset[str]

    def problem(self, scheme: str, weak: bool = False) -> str:
        """Return why nobody logs in here with a hash of ``scheme`` (without its encoding); "" where that works.

        ``weak`` says that this one hash is weak: 2.4 judges ``CRYPT`` by the hash.
        """
        if scheme in self.lacks:
            return f"Dovecot {self.version} ({self.debian}) does not know {scheme}"
        if scheme in self.refuses or (scheme == "CRYPT" and weak and self.refuses):
            return (
                f"Dovecot {self.version} ({self.debian}) refuses logins with {scheme} unless it has "
                "auth_allow_weak_schemes = yes (role dovecot: dovecot_allow_weak_schemes)"
            )
        return ""


DOVECOT_2_3 = Build("2.3", "Debian 12", frozenset({"ARGON2", "LANMAN"}), frozenset())
DOVECOT_2_4 = Build(
    "2.4",
    "Debian 13",
    frozenset({"LANMAN"}),
    # Unsalted SHA and passwords in plain text are no weak schemes for Dovecot.
    frozenset({"DES-CRYPT", "HMAC-MD5", "LDAP-MD5", "MD5", "MD5-CRYPT", "PLAIN-MD4", "PLAIN-MD5", "SMD5"}),
)
BUILDS = (DOVECOT_2_3, DOVECOT_2_4)


def build_of(version: str) -> Build:
    """Return what is known of a Dovecot of ``version``, such as ``2.4.1-4``: of the nearest one that was asked."""
    return DOVECOT_2_3 if version.startswith(("1.", "2.0", "2.1", "2.2", "2.3")) else DOVECOT_2_4
