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
    description:
      - The kind of account store. V(sqlite) is a file of the mail host's own, V(postgresql) a database that serves
        several mail hosts.
    type: str
    choices: [sqlite, postgresql]
    default: sqlite
  path:
    description:
      - With O(backend=sqlite), the store's file, C(/var/lib/mailwright/accounts.db) if nothing is given. What services
        read is published to C(published/) in the same directory.
    type: path
  login_host:
    description:
      - With O(backend=postgresql), the database's host, or the directory of its socket. If nothing is given, the
        socket of this host, C(/run/postgresql).
    type: str
  login_port:
    description: With O(backend=postgresql), the database's port, 5432 if nothing is given.
    type: int
  login_user:
    description: With O(backend=postgresql), the role that the modules work as, C(mailwright) if nothing is given.
    type: str
  login_password:
    description:
      - With O(backend=postgresql), the password of that role. A local socket needs none where C(pg_ident.conf) maps
        root to the role.
    type: str
  login_db:
    description: With O(backend=postgresql), the database, C(mailwright) if nothing is given. Its encoding is UTF8.
    type: str
  ssl_mode:
    description:
      - With O(backend=postgresql), whether the connection is encrypted, and whether the server has to prove who it is,
        as libpq's C(sslmode) says. V(prefer) if nothing is given. A local socket needs no encryption.
      - Only V(verify-full) keeps out somebody who sits in between.
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  ca_cert:
    description:
      - With O(ssl_mode=verify-full) or V(verify-ca), the file with the authority that the server's certificate is of.
    type: path
  lock_timeout:
    description: How many seconds to wait for another run that writes to the store, before failing with its name.
    type: int
    default: 30
requirements:
  - python3-argon2 for passwords that are hashed as ARGON2ID, and python3-passlib for PLAIN-MD4 and LANMAN
  - python3-lmdb where Postfix's tables are published
  - python3-psycopg2 for O(backend=postgresql)
  - python3-idna for internationalised domains
"""
