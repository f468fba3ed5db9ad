# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dovecot_password
short_description: Hash a password as Dovecot stores it
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Returns a password's hash in Dovecot's form, such as V({ARGON2ID}$argon2id$...), for people who prepare hashes on
    the controller. M(mailwright.mail.mailbox) and M(mailwright.mail.accounts) hash passwords on the target by
    themselves.
  - The same input gives the same hash, so that a template renders the same twice. That needs O(salt) or O(seed).
  - Schemes that start with V(ARGON2) need the Python library argon2-cffi (Debian's python3-argon2) on the controller,
    V(PLAIN-MD4) and V(LANMAN) need passlib, and those of crypt need the system's libcrypt.
positional: scheme
options:
  _input:
    description:
      - The password, as text. Empty passwords and control characters are refused.
    type: str
    required: true
  scheme:
    description:
      - The password scheme, one of Dovecot's names, in upper or lower case. With V(.b64) or V(.hex) behind it the hash
        is written in that encoding.
      - The guide about passwords has them all.
    type: str
    default: ARGON2ID
  salt:
    description:
      - The salt. Two passwords should never have the same one.
      - For schemes of crypt as it stands in the hash, which is 22 characters of C(./A-Za-z0-9) for V(BLF-CRYPT) and up
        to 16 for V(SHA512-CRYPT). For others the text's own bytes, at least 8 of them.
      - Give this or O(seed), unless the scheme has no salt.
    type: str
  seed:
    description:
      - A text from which the salt is computed, such as the mailbox's address. It need not be secret, but nobody else's
        password should have the same one.
    type: str
  user:
    description:
      - The mailbox's address. Only V(DIGEST-MD5) needs it, which hashes the user's name too.
    type: str
  rounds:
    description:
      - What hashing costs, for V(BLF-CRYPT), V(CRYPT), V(SHA256-CRYPT), V(SHA512-CRYPT), V(PBKDF2), V(SCRAM-SHA-1),
        V(SCRAM-SHA-256) and V(OTP). For the first two it is the logarithm, V(4) to V(31).
      - The guide about passwords has ranges and defaults.
    type: int
  memory:
    description: The memory that Argon2 takes, in KiB.
    type: int
  passes:
    description: How often Argon2 goes over its memory.
    type: int
  lanes:
    description: How many lanes Argon2 has.
    type: int
  allow_weak_scheme:
    description:
      - Whether weak schemes are taken, which are those without a salt, and those that are built on MD5, SHA-1 or DES.
    type: bool
    default: false
seealso:
  - module: mailwright.mail.mailbox
  - module: mailwright.mail.accounts
"""

EXAMPLES = r"""
- name: Prepare hashes on the controller
  ansible.builtin.debug:
    msg:
      - "{{ password | mailwright.mail.dovecot_password(seed='alice@example.com') }}"
      - "{{ password | mailwright.mail.dovecot_password('SHA512-CRYPT', salt='saltsaltsaltsalt') }}"
      - "{{ password | mailwright.mail.dovecot_password('SSHA512.hex', seed='alice@example.com') }}"
  vars:
    password: "{{ vault_alice | default('correct horse battery staple') }}"

- name: Let guessing cost more
  ansible.builtin.debug:
    msg: "{{ password | mailwright.mail.dovecot_password(seed='alice@example.com', memory=131072, passes=4) }}"
  vars:
    password: "{{ vault_alice | default('correct horse battery staple') }}"
"""

RETURN = r"""
_value:
  description: The hash with its scheme before it.
  type: str
  sample: "{ARGON2ID}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mailwright.mail.plugins.module_utils.accounts.fixed_hashes import make_fixed_hash
from ansible_collections.mailwright.mail.plugins.module_utils.accounts.passwords import DEFAULT_SCHEME
from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import MailwrightError


def dovecot_password(
    password: Any,
    scheme: str = DEFAULT_SCHEME,
    *,
    salt: str | None = None,
    seed: str | None = None,
    user: str | None = None,
    allow_weak_scheme: Any = False,
    **options: Any,
) -> str:
    """Return ``password`` hashed in ``scheme``."""
    try:
        return make_fixed_hash(
            "dovecot_password", password, scheme, options, salt=salt, seed=seed, user=user, allow_weak=allow_weak_scheme
        )
    except MailwrightError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dovecot_password": dovecot_password}
