# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules document in common whose changes a service has to read."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that makes a reload survive the end of a run; `core.pending.COMMON` has its spec."""

    DOCUMENTATION = r"""
options:
  pending:
    description:
      - A file that is there while services have not read what the module changed. The module makes it before a change,
        and its directory too; the handler that reloads the services removes it.
      - Where an earlier run ended in between, the module finds it and reports RV(ignore:changed), also in check mode,
        so that handlers are notified once more.
      - Put it under C(/run), where it does not survive a boot, and give every task a file of its own.
    type: path
"""
