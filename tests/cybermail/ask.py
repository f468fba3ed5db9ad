# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell a platform that runs as a program what to do: ``python3 -m cybermail.ask CA_PATH URL PATH < BODY``.

``PATH`` is that below ``/control/``. The answer's document goes to standard output.
"""

from __future__ import annotations

import ssl
import sys
import urllib.request
from urllib.parse import urljoin


def main(ca_path: str, url: str, path: str) -> None:
    """Ask, and show the answer."""
    request = urllib.request.Request(urljoin(url, f"/control/{path}"), sys.stdin.buffer.read())
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ca_path), timeout=20) as answer:
        sys.stdout.write(answer.read().decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
