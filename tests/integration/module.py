# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run as a program: one module of the collection, with its options as JSON on standard input."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from typing import Any

from ansible.module_utils import basic


def arguments(values: dict[str, Any]) -> contextlib.AbstractContextManager[Any]:
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core 2.18
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": values}).encode()
        return contextlib.nullcontext()
    return patch_module_args(values)


if __name__ == "__main__":
    with arguments(json.load(sys.stdin)):
        importlib.import_module(f"ansible_collections.mailwright.mail.plugins.modules.{sys.argv[1]}").main()
