# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a server says, a probe ends with a verdict."""

from __future__ import annotations

import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probed.calling import SERVERS, run
from probed.certificates import Authority

# Pieces of the four protocols, right and wrong; TAG becomes the client's tag.
_PIECES = [
    b"220 hello", b"250-AUTH PLAIN", b"250 AUTH=LOGIN", b"250 STARTTLS", b"235 ok", b"334 ", b"354 go", b"421 bye",
    b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN QUOTA] hi", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN QUOTA", b"* CAPABILITY",
    b"TAG OK done", b"TAG NO [ALERT]", b"TAG BAD", b"+ ", b"+", b'* LIST (\\X) "/" INBOX', b"* LIST () NIL {3}",
    b"* 3 EXISTS", b"* SEARCH 1 2", b"* QUOTA x (STORAGE 1 2)", b"* QUOTA", b"* BYE", b"* PREAUTH x", b"* 1 FETCH {9}",
    b"+OK hi", b"+OK 1 2", b"+OK 1", b"-ERR no", b".", b"..", b"SASL PLAIN",
    b'"IMPLEMENTATION" "x"', b'"SASL" "PLAIN"', b'OK "yes"', b"OK (TAG {1}", b'NO ""', b"BYE", b"{4}", b'"a" ACTIVE',
    b"", b"\xff\xfe\x00", b"[]", b"(", b'"', b"\\",
]  # fmt: skip
_LINES = st.lists(st.sampled_from(_PIECES) | st.binary(max_size=12), min_size=1, max_size=4)


def _serve(listening: socket.socket, answers: list[list[bytes]]) -> None:
    connection, _address = listening.accept()
    with connection, connection.makefile("rb") as said:
        tag = b"a1"
        for lines in answers:
            try:
                connection.sendall(b"".join(line.replace(b"TAG", tag) + b"\r\n" for line in lines))
                tag = (said.readline().split() or [tag])[0]
            except OSError:
                return


@pytest.mark.parametrize("protocol", SERVERS)
@settings(deadline=None, max_examples=60)
@given(answers=st.lists(_LINES, min_size=1, max_size=8))
def test_noise_has_a_verdict(authority: Authority, protocol: str, answers: list[list[bytes]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, answers), daemon=True)
        thread.start()
        options = {"recipients": ["bob@example.com"]} if protocol == "smtp" else {}
        port = listening.getsockname()[1]
        # The helper sees that a verdict comes, in time, and without the password.
        run(authority.ca_file, protocol, port, tls="none", validate_certs=False, timeout=0.1, budget=1, **options)
        thread.join(5)
        assert not thread.is_alive()
