# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's own rules, all of them: ``make rules``."""

from __future__ import annotations

import sys

from . import fragments, layers, leftovers, modules, role_parts, role_readme, role_specs, tarball
from .repository import ROOT

RULES = (role_parts, role_specs, role_readme, modules, layers, fragments, leftovers, tarball)


def main() -> int:
    """Print every problem; fail where there is one."""
    found = sorted(problem for rule in RULES for problem in rule.check(ROOT))
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"{len(RULES)} rules, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
