# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on the client: submit messages on 465 over sessions that stay open; print how many were accepted.

Arguments: host, seconds, sessions, the mailbox that writes, its password, the recipient. With 0 seconds one message is
sent, as soon as it is taken. The clock starts when all have logged in and sent for a while.
"""

import json
import multiprocessing
import smtplib
import ssl
import sys
import time

WARM_SECONDS = 2
PATIENCE_SECONDS = 60
LINE = "So long as it is said in plain words, a letter needs no more of them than this line has.\n"
LINES = 20


def message(writer, recipient, number):
    return (
        f"From: A Writer <{writer}>\nTo: <{recipient}>\nSubject: Letter {number}\n"
        f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\n"
        f"Message-ID: <{number}.{time.time_ns()}@bench.example>\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{LINE * LINES}"
    )


def session(host, writer, password):
    # The certificate is of the bed's own authority; the handshake costs the server the same.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    client = smtplib.SMTP_SSL(host, 465, timeout=PATIENCE_SECONDS, context=context)
    client.login(writer, password)
    return client


def submit_one(host, writer, password, recipient):
    """Send a message; services that were restarted just now may put it off."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            session(host, writer, password).sendmail(writer, [recipient], message(writer, recipient, 0))
            return
        except (OSError, smtplib.SMTPException):
            if time.monotonic() > end:
                raise
            time.sleep(1)


def submit(host, seconds, writer, password, recipient, together, results):
    client = session(host, writer, password)
    together.wait(PATIENCE_SECONDS)
    start = time.monotonic() + WARM_SECONDS
    done = failed = number = 0
    while time.monotonic() < start + seconds:
        number += 1
        try:
            client.sendmail(writer, [recipient], message(writer, recipient, number))
            good = True
        except smtplib.SMTPException as error:
            print(error, file=sys.stderr)
            good = False
        if start <= time.monotonic() < start + seconds:
            done, failed = done + good, failed + (not good)
    client.close()
    results.put((done, failed))


def main():
    host, seconds, sessions, writer, password, recipient = sys.argv[1:]
    if float(seconds) == 0:
        submit_one(host, writer, password, recipient)
        return
    results, together = multiprocessing.Queue(), multiprocessing.Barrier(int(sessions))
    workers = [
        multiprocessing.Process(
            target=submit, args=(host, float(seconds), writer, password, recipient, together, results)
        )
        for dummy in range(int(sessions))
    ]
    for worker in workers:
        worker.start()
    counts = [results.get(timeout=float(seconds) + 2 * PATIENCE_SECONDS) for dummy in workers]
    for worker in workers:
        worker.join()
    print(json.dumps({"done": sum(c[0] for c in counts), "failed": sum(c[1] for c in counts)}))


main()
