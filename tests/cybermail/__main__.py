# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform as a program: ``PYTHONPATH=tests python3 -m cybermail --directory DIR --name mail.platform.test``."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path

from .running import running


def main() -> None:
    """Serve until the program is told to end, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where the certificate is, or is made")
    parser.add_argument("--name", action="append", required=True, help="a host name or address of the platform")
    parser.add_argument("--address", default="0.0.0.0", help="the address to listen on")
    parser.add_argument("--https", type=int, default=443)
    parser.add_argument("--submission", type=int, default=587)
    parser.add_argument("--submissions", type=int, default=465)
    parser.add_argument("--resolver", default="", help="a name server to ask when a domain is verified")
    given = parser.parse_args()
    ports = (given.https, given.submission, given.submissions)
    with running(given.directory, given.name, given.address, ports, given.resolver) as platform:
        where = {"url": platform.url, "submission": platform.smtp_port, "submissions": platform.smtps_port}
        print(json.dumps({**where, "ca_path": str(platform.ca_path)}), flush=True)
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        over.wait()


if __name__ == "__main__":
    main()
