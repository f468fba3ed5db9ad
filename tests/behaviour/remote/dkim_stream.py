# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Submits messages with a login, evenly and for as long as standard input is open.

Reads one line of JSON: {"rate": messages a second for each sender, "senders": [{"address", "name", "ca" (PEM),
"login", "password", "recipient"}]}. Writes, by login, the accepted messages as {token: seconds since 1970} and what
the server said in between: {"sent": {login: {...}}, "refused": {login: [text]}}.

Each sender has several clients, each with a connection of its own for a few messages, as programs that send much have.
A signer that is told of other keys may sign with the former ones in a session that was open before (Rspamd 3.12 does),
so that a connection has to end well within the time for which a key's record outlives the key.
What the server puts off is given to it once more, so that every message is accepted exactly once.
"""

from __future__ import annotations

import itertools
import json
import smtplib
import socket
import ssl
import sys
import threading
import time
import uuid
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

CLIENTS = 6
MESSAGES_OF_A_CONNECTION = 4
LIMIT_SECONDS = 20


class Client(smtplib.SMTP):
    """A client that reaches a server at an address and knows it by its name."""

    def __init__(self, sender: dict[str, Any]) -> None:
        self.address = sender["address"]
        super().__init__(sender["name"], 587, timeout=LIMIT_SECONDS)
        self.starttls(context=ssl.create_default_context(cadata=sender["ca"]))
        self.login(sender["login"], sender["password"])

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self.address, port), timeout)


def stream(sender: dict[str, Any], ticks: Any, pause: float, sent: dict[str, float], refused: list[str]) -> None:
    """Send a message at each tick (its number, counted for all clients of a sender)."""
    client, used = None, 0
    for tick in ticks:
        time.sleep(max(0.0, START + tick * pause - time.monotonic()))
        if STOP.is_set():
            break
        token = uuid.uuid4().hex
        message = compose(sender, token)
        while token not in sent:
            try:
                client = client or Client(sender)
                client.send_message(message)
                sent[token] = time.time()
                used += 1
            except (smtplib.SMTPException, OSError) as error:
                refused.append(f"{type(error).__name__}: {error}")
                used = MESSAGES_OF_A_CONNECTION
                time.sleep(0.2)
            if client and used >= MESSAGES_OF_A_CONNECTION:
                client.close()
                client, used = None, 0
    if client:
        client.quit()


def compose(sender: dict[str, Any], token: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender["login"]
    message["To"] = sender["recipient"]
    message["Subject"] = f"Stream {token}"
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender["login"].partition("@")[2])
    message.set_content("One of many that are on their way while keys change.\n")
    return message


wanted = json.loads(sys.stdin.readline())
START, STOP = time.monotonic(), threading.Event()
sent: dict[str, dict[str, float]] = {one["login"]: {} for one in wanted["senders"]}
refused: dict[str, list[str]] = {one["login"]: [] for one in wanted["senders"]}
threads = []
for one in wanted["senders"]:
    for number in range(CLIENTS):
        ticks = itertools.count(number, CLIENTS)
        arguments = (one, ticks, 1 / wanted["rate"], sent[one["login"]], refused[one["login"]])
        threads.append(threading.Thread(target=stream, args=arguments))
for thread in threads:
    thread.start()
sys.stdin.read()
STOP.set()
for thread in threads:
    thread.join()
json.dump({"sent": sent, "refused": refused}, sys.stdout)
