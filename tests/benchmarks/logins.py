# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on the client: log in to IMAPS as one mailbox after another from several processes; print how often it worked.

Arguments: host, seconds, number of mailboxes, their password. What a login is: connection, TLS, LOGIN, LOGOUT.
"""

import json
import multiprocessing
import socket
import ssl
import sys
import time

PROCESSES = 8
DOMAINS = 100
PATIENCE_SECONDS = 30


def log_in_until(end, host, mailboxes, password, first, results):
    # The certificate is of the bed's own authority; the handshake costs the server the same.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    done = failed = 0
    number = first
    while time.monotonic() < end:
        number = (number * 31 + 7) % mailboxes
        try:
            with socket.create_connection((host, 993), PATIENCE_SECONDS) as plain:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with context.wrap_socket(plain, server_hostname=host) as stream, stream.makefile("rb") as lines:
                    lines.readline()
                    stream.sendall(f"a LOGIN user{number}@d{number % DOMAINS}.example {password}\r\n".encode())
                    good = any(line.startswith(b"a OK") for line in iter(lines.readline, b"") if line[:2] == b"a ")
        except OSError:
            good = False
        done, failed = done + good, failed + (not good)
    results.put((done, failed))


def main():
    host, seconds, mailboxes, password = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    results = multiprocessing.Queue()
    started = time.monotonic()
    workers = [
        multiprocessing.Process(
            target=log_in_until, args=(started + seconds, host, mailboxes, password, 1000 * each + 1, results)
        )
        for each in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    counts = [results.get() for dummy in workers]
    for worker in workers:
        worker.join()
    taken = time.monotonic() - started
    print(json.dumps({"done": sum(c[0] for c in counts), "failed": sum(c[1] for c in counts), "seconds": taken}))


main()
