# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account modules document in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of the account store itself; `accounts.argspec.COMMON` has their specs."""

    DOCUMENTATION = r"""
options:
  backend:
    description: The kind of account store.
    type: str
    choices: [sqlite]
    default: sqlite
  path:
    description:
      - The store's file. What services read is published to C(published/) in the same directory.
    type: path
    default: /var/lib/mailwright/accounts.db
  lock_timeout:
    description: How many seconds to wait for another run that writes to the store, before failing with its name.
    type: int
    default: 30
requirements:
  - python3-argon2 for passwords that are hashed as ARGON2ID, and python3-passlib for PLAIN-MD4 and LANMAN
  - python3-lmdb where Postfix's tables are published
  - python3-idna for internationalised domains
"""
