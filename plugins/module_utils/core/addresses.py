# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains and addresses in the one form in which the collection stores and compares them.

Domains are lower-case A-labels (RFC 5890), local parts lower-case dot-atoms (RFC 5321, section 4.1.2; quoted local
parts and SMTPUTF8 are not taken). Lengths are those of RFC 5321, section 4.5.3.1.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .deps import need
from .errors import InvalidValue, Unavailable

LOCAL_PART_LIMIT = 64
DOMAIN_LIMIT = 253
# What separates a mailbox's name from a tag, as in alice+tag@example.com; the roles set it in Postfix and Dovecot.
RECIPIENT_DELIMITER = "+"
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# A name that is its stored form already, as nearly all are.
_STORED_DOMAIN = re.compile(rf"(?:{_LABEL.pattern}\.)+(?![0-9]+$){_LABEL.pattern}", re.ASCII)
_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)


@dataclass(frozen=True, order=True)
class Address:
    """A parsed address; an empty ``local_part`` is a domain's catch-all (``@example.com``)."""

    local_part: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain}"

    @property
    def is_catch_all(self) -> bool:
        """Whether this is ``@domain``."""
        return not self.local_part


def parse_domain(value: str, subject: str = "domain") -> str:
    """Return ``value`` as lower-case A-labels without a last dot.

    Raises:
        InvalidValue: empty, too long, one label only, a label that is none (RFC 1123), or an internationalised
            name that IDNA 2008 does not convert.
    """
    if (
        isinstance(value, str)
        and _STORED_DOMAIN.fullmatch(value)
        and len(value) <= DOMAIN_LIMIT
        and "xn--" not in value
    ):
        return value
    if not isinstance(value, str) or not value:
        raise InvalidValue(
            subject, value, "is empty" if value == "" else "is no text", "give a name such as example.com"
        )
    name = value[:-1] if value.endswith(".") else value
    if len(name) > 4 * DOMAIN_LIMIT:
        raise InvalidValue(subject, value, f"is longer than {DOMAIN_LIMIT} characters")
    lowered = name.lower()
    if not lowered.isascii() or any(label.startswith("xn--") for label in lowered.split(".")):
        lowered = _to_a_labels(lowered, subject, value)
    if len(lowered) > DOMAIN_LIMIT:
        raise InvalidValue(subject, value, f"is longer than {DOMAIN_LIMIT} characters")
    labels = lowered.split(".")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise InvalidValue(
                subject,
                value,
                f"has the label {label!r}, which is none",
                "a label has 1 to 63 letters, digits and inner hyphens",
            )
    if len(labels) < 2:
        raise InvalidValue(subject, value, "has one label only", "give a full name such as example.com")
    if labels[-1].isdigit():
        raise InvalidValue(
            subject, value, "ends in a number, as an IP address does", "give a full name such as example.com"
        )
    return lowered


def show_domain(domain: str) -> str:
    """Return an A-label ``domain`` as U-labels where it has any, for people to read."""
    return ".".join(_u_label(label) for label in domain.split("."))


def _u_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return shown if shown and shown.isprintable() else label


def parse_address(value: str, subject: str = "address", *, catch_all: bool = False) -> Address:
    """Return the parsed ``value``; ``@domain`` is taken only where ``catch_all`` says so.

    Raises:
        InvalidValue: not exactly one ``@``, a local part that is empty, too long or not a dot-atom, or a domain that is
            empty or bad.
    """
    if not isinstance(value, str):
        raise InvalidValue(subject, value, "is no text", "give an address such as alice@example.com")
    if value.count("@") != 1:
        count = "no" if "@" not in value else str(value.count("@"))
        raise InvalidValue(subject, value, f"has {count} @", "an address has exactly one, as in alice@example.com")
    local_part, domain = value.split("@")
    if not local_part and not catch_all:
        raise InvalidValue(subject, value, "has no local part", "give an address such as alice@example.com")
    if not domain:
        raise InvalidValue(subject, value, "has no domain", "give an address such as alice@example.com")
    if len(local_part) > LOCAL_PART_LIMIT:
        raise InvalidValue(
            subject,
            value,
            f"has a local part of {len(local_part)} characters",
            f"at most {LOCAL_PART_LIMIT} are allowed",
        )
    if local_part and not _LOCAL_PART.fullmatch(local_part.lower()):
        raise InvalidValue(
            subject,
            value,
            "has a local part with characters or dots where none may stand",
            "letters, digits and !#$%&'*+-/=?^_`{|}~ are allowed, and single dots between them",
        )
    return Address(local_part.lower(), parse_domain(domain, f"domain of the {subject}"))


def parse_own_address(value: str, subject: str = "address", *, catch_all: bool = False) -> Address:
    """Return the parsed ``value``, which is to receive mail on our own hosts.

    Postfix takes ``user%host@domain`` and ``host!user@domain`` for routes of the sender's and refuses them from
    strangers as relaying, whatever ``allow_percent_hack`` and ``swap_bangpath`` say (postconf(5),
    ``allow_untrusted_routing``), and it refuses a leading ``-``, which a program might take for an option
    (``allow_min_user``). Such an address would exist and get no mail.

    Raises:
        InvalidValue: as `parse_address`, and a local part with ``%`` or ``!``, or one that starts with ``-``.
    """
    address = parse_address(value, subject, catch_all=catch_all)
    for character in "%!":
        if character in address.local_part:
            raise InvalidValue(
                subject,
                value,
                f"has a {character} in its local part",
                "Postfix refuses mail from outside to such addresses as a sender's own routing; use another character",
            )
    if address.local_part.startswith("-"):
        raise InvalidValue(
            subject,
            value,
            "has a local part that starts with -",
            "Postfix refuses mail to such addresses, which programs might take for options; start with another "
            "character",
        )
    return address


def parse_mailbox_address(value: str, subject: str = "mailbox address") -> Address:
    """Return the parsed ``value``, which is to name a mailbox and so also a directory.

    Raises:
        InvalidValue: as `parse_own_address`, and a local part with ``/`` or the recipient delimiter.
    """
    address = parse_own_address(value, subject)
    if "/" in address.local_part:
        raise InvalidValue(
            subject,
            value,
            "has a / in its local part",
            "mail is stored in a directory of that name; use another character",
        )
    if RECIPIENT_DELIMITER in address.local_part:
        raise InvalidValue(
            subject,
            value,
            f"has the recipient delimiter {RECIPIENT_DELIMITER} in its local part",
            f"mail to name{RECIPIENT_DELIMITER}tag is delivered to the mailbox name; leave the tag out or use an alias",
        )
    return address


def _to_a_labels(name: str, subject: str, value: str) -> str:
    try:
        idna = need("idna")
    except Unavailable:
        return ".".join(_plain_a_label(label, subject, value) for label in name.split("."))
    try:
        return str(idna.encode(name, uts46=True).decode("ascii")).lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise _not_converted(subject, value, str(error)) from error


def _plain_a_label(label: str, subject: str, value: str) -> str:
    """Return the A-label of ``label`` as the idna library would, for a bare host on which it is not there yet.

    An A-label is the punycode of the normalised lower-case label (RFC 5891, section 4.4). Of the rules which
    characters a label may have, only the general ones are applied here: letters, marks, digits and hyphens.
    """
    if label.isascii():
        return label
    normalised = unicodedata.normalize("NFC", label)
    for character in normalised:
        if character != "-" and unicodedata.category(character)[0] not in "LMN":
            raise _not_converted(subject, value, f"{character!r} is not allowed")
    return "xn--" + normalised.encode("punycode").decode("ascii")


def _not_converted(subject: str, value: str, reason: str) -> InvalidValue:
    return InvalidValue(subject, value, f"does not convert to A-labels ({reason})", "give a name that IDNA 2008 allows")
