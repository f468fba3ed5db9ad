# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on the client: ask Postfix for recipients and log in to Dovecot, again and again, until standard input ends.

Reads one line of JSON and writes, for each of the two streams, how many questions it asked, what went wrong, and how
long the slowest answer took in seconds.
"""

import functools
import imaplib
import json
import smtplib
import ssl
import sys
import threading
import time

PATIENCE_SECONDS = 60
# Few enough of them wrong for the pause after errors (smtpd_soft_error_limit).
RECIPIENTS_A_CONNECTION = 400
EVERY_WRONG = 50
FAILURES_TOLD = 5
# Asked without a pause, the services take all of a small machine for as long as the run that is watched lasts.
LOOKUPS_PAUSE_SECONDS = 0.004
LOGINS_PAUSE_SECONDS = 0.04


class Stream:
    """What one stream of questions saw."""

    def __init__(self):
        self.asked = 0
        self.failures = []
        self.slowest = 0.0

    def ask(self, question):
        """Ask by calling ``question``; it returns what was wrong with the answer, or nothing."""
        started = time.monotonic()
        try:
            wrong = question()
        except (OSError, EOFError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
            wrong = f"{type(error).__name__}: {error}"
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.asked += 1
        if wrong and len(self.failures) < FAILURES_TOLD:
            self.failures.append(wrong)


def recipients(stream, end, host, known, unknown):
    """Recipients that are known have to be accepted, and the one that is not, refused."""
    while not end.is_set():
        try:
            with smtplib.SMTP(host, timeout=PATIENCE_SECONDS) as smtp:
                smtp.ehlo("client.mailwright.test")
                smtp.mail("stranger@external.example")
                # With the first one Postfix opens a queue file, and waits a second once many of them have ended
                # without a message (in_flow_delay): answered, but not timed.
                if wrong := recipient(smtp, known[0], 250):
                    stream.failures.append(wrong)
                for number in range(RECIPIENTS_A_CONNECTION):
                    if end.wait(LOOKUPS_PAUSE_SECONDS):
                        break
                    address, expected = (known[number % len(known)], 250) if number % EVERY_WRONG else (unknown, 550)
                    stream.ask(functools.partial(recipient, smtp, address, expected))
        except (OSError, smtplib.SMTPException) as error:
            stream.failures.append(f"connection: {error}")
            return


def recipient(smtp, address, expected):
    answer = smtp.rcpt(address)
    return "" if answer[0] == expected else f"{address}: {answer}"


def logins(stream, end, host, ca, login):
    context = ssl.create_default_context(cadata=ca)

    def log_in():
        with imaplib.IMAP4_SSL(host, ssl_context=context, timeout=PATIENCE_SECONDS) as imap:
            imap.login(login["address"], login["password"])

    while not end.wait(LOGINS_PAUSE_SECONDS):
        stream.ask(log_in)


def main():
    wanted = json.loads(sys.stdin.readline())
    end = threading.Event()
    lookups, sessions = Stream(), Stream()
    threads = [
        threading.Thread(target=recipients, args=(lookups, end, wanted["host"], wanted["known"], wanted["unknown"])),
        threading.Thread(target=logins, args=(sessions, end, wanted["host"], wanted["ca"], wanted["login"])),
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    end.set()
    for thread in threads:
        thread.join()
    json.dump({"lookups": vars(lookups), "logins": vars(sessions)}, sys.stdout)


main()
