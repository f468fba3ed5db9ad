# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the DKIM modules document in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Where keys lie; `dkim.argspec.COMMON` has its spec."""

    DOCUMENTATION = r"""
options:
  key_dir:
    description:
      - The directory in which keys lie, each in C(DOMAIN/SELECTOR.pem), and beside it its record in
        C(DOMAIN/SELECTOR.record.json). Keys that were replaced or removed are in C(old/).
    type: path
    default: /var/lib/mailwright/dkim
requirements:
  - python3-cryptography on the target
"""
