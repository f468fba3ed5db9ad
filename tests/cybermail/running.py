# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform at work: its API over HTTPS, and submission, in threads of this process."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .certificate import make_certificate, public_key
from .endpoints import Endpoints
from .faults import Faults
from .store import Store
from .submission import Submission
from .web import PREFIX, Web


@dataclass
class Running:
    """``asked`` are the endpoints of all requests."""

    url: str
    ca_path: Path
    store: Store
    faults: Faults
    asked: list[str]
    smtp_port: int
    smtps_port: int


@contextmanager
def running(
    directory: Path,
    names: Sequence[str] = ("localhost", "127.0.0.1"),
    address: str = "127.0.0.1",
    ports: tuple[int, int, int] = (0, 0, 0),
    resolver: str = "",
) -> Iterator[Running]:
    """Serve, with the certificate in ``directory``, on ``ports`` for HTTPS, STARTTLS and implicit TLS (0: any)."""
    make_certificate(directory, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem", directory / "server.key")
    store = Store(public_key(directory), names[0], 0)
    web = Web((address, ports[0]), context, store, Endpoints(store, resolver))
    smtp = Submission((address, ports[1]), context, store)
    smtps = Submission((address, ports[2]), context, store, implicit=True)
    store.smtp_port = smtp.server_address[1]
    servers = (web, smtp, smtps)
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}) for server in servers]
    for thread in threads:
        thread.start()
    try:
        url = f"https://{names[0]}:{web.server_address[1]}{PREFIX}"
        yield Running(url, directory / "ca.pem", store, web.faults, web.asked, store.smtp_port, smtps.server_address[1])
    finally:
        web.faults.over.set()
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
