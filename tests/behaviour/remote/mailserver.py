# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else's mail server, on the client host: takes all that it is given, until its standard input ends.

Standard input is JSON on one line: ``{"port": PORT}``. Standard output is one line as soon as it listens, and at the
end JSON, a list of ``{"sender": ADDRESS, "recipients": [ADDRESS, ...], "message": base64}``.
"""

from __future__ import annotations

import base64
import json
import re
import socketserver
import sys
import threading
from typing import Any

RECEIVED: list[dict[str, Any]] = []
_PATH = re.compile(rb"(?i)(MAIL FROM|RCPT TO):\s*<([^>]*)>")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Conversation(socketserver.StreamRequestHandler):
    """SMTP without extensions (RFC 5321), as far as a sending Postfix speaks it."""

    def handle(self) -> None:
        self._say("220 partner.example ESMTP")
        envelope = _envelope()
        while line := self.rfile.readline():
            command = line.strip()
            path = _PATH.match(command)
            if path and path[1].upper() == b"MAIL FROM":
                envelope["sender"] = path[2].decode()
            elif path:
                envelope["recipients"].append(path[2].decode())
            elif command.upper() == b"DATA":
                self._say("354 go on")
                envelope["message"] = base64.b64encode(self._data()).decode()
                RECEIVED.append(envelope)
                envelope = _envelope()
            elif command.upper() == b"RSET":
                envelope = _envelope()
            elif command.upper() == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)


def _envelope() -> dict[str, Any]:
    return {"sender": None, "recipients": [], "message": ""}


def main() -> None:
    port = json.loads(sys.stdin.readline())["port"]
    with Server(("0.0.0.0", port), Conversation) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print("listening", flush=True)
        sys.stdin.read()
        server.shutdown()
    json.dump(RECEIVED, sys.stdout)


if __name__ == "__main__":
    main()
