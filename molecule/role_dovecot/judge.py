# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges, on the provisioned host itself, a Dovecot that was provisioned alone: with real clients, and doveadm.

Nobody has published credentials here, so it makes a database as the account store would (address, password with its
scheme, quota in bytes, flags). Prints what differs from what was wanted, and then leaves with status 1.
"""

from __future__ import annotations

import base64
import imaplib
import os
import poplib
import shutil
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CREDENTIALS = Path("/var/lib/mailwright/published/dovecot/credentials.db")
PASSWORD = "Correct horse 'n' \"battery\" %u {x} \\ grün"
# Address, quota, and whether it is active and may speak imap, pop3, smtp, sieve.
USERS = [
    ("alice@example.com", 0, (1, 1, 1, 1, 1)),
    ("only-imap@example.com", 0, (1, 1, 0, 0, 0)),
    ("only-pop3@example.com", 0, (1, 0, 1, 0, 0)),
    ("only-smtp@example.com", 0, (1, 0, 0, 1, 0)),
    ("only-sieve@example.com", 0, (1, 0, 0, 0, 1)),
    ("inactive@example.com", 0, (0, 0, 0, 0, 0)),
    ("small@example.com", 100 * 1024, (1, 1, 1, 1, 1)),
    # Every character that a local part may have without quotes (RFC 5322, section 3.2.3), but "/" and the delimiter.
    ("o'neil!#$%&*=?^`{|}~@example.com", 0, (1, 1, 1, 1, 1)),
    ("%{user}%u@example.com", 0, (1, 1, 1, 1, 1)),
]
HARMLESS = ("Killed with signal 15", "setrlimit(RLIMIT_NPROC")
TLS = ssl.create_default_context(cafile="/etc/own-tls/chain.pem")
TLS.check_hostname = False
failures: list[str] = []


def main() -> int:
    without_credentials()
    make_credentials()
    without_app_passwords()
    begin = run("date", "+%F %T").strip()
    logins()
    app_passwords()
    folders()
    delivery()
    quota()
    transport()
    rights()
    journal(begin)
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def expect(what: str, found: Any, wanted: Any) -> None:
    """Note a difference; the tests after it go on."""
    if found != wanted:
        failures.append(f"{what}: found {found!r}, wanted {wanted!r}")


def run(*argv: str) -> str:
    """Return what a command writes to its standard output; it has to succeed and to write no error."""
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    expect(f"{' '.join(argv)}: status and errors", (result.returncode, result.stderr), (0, ""))
    return result.stdout


def without_credentials() -> None:
    """Dovecot runs, and tells clients to come back later."""
    expect("the service", run("systemctl", "is-active", "dovecot").strip(), "active")
    run("doveconf", "-n")
    expect("a login without credentials", "[UNAVAILABLE]" in refusal("anything"), True)


def refusal(password: str) -> str:
    """Return how a login of alice is refused; "" when it is not."""
    try:
        imap("alice@example.com", password)
    except imaplib.IMAP4.error as error:
        return str(error)
    return ""


def make_credentials() -> None:
    CREDENTIALS.parent.mkdir(parents=True, exist_ok=True)
    shutil.chown(CREDENTIALS.parent, group="mailwright")
    CREDENTIALS.parent.chmod(0o2770)
    os.umask(0o027)
    database = sqlite3.connect(CREDENTIALS)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(
        "CREATE TABLE users (address TEXT PRIMARY KEY, local_part TEXT, domain TEXT, password TEXT, quota INTEGER,"
        " active INTEGER, imap INTEGER, pop3 INTEGER, smtp INTEGER, sieve INTEGER) WITHOUT ROWID"
    )
    hashed = run("doveadm", "pw", "-s", "ARGON2ID", "-p", PASSWORD).strip()
    rows = [(address, *address.rsplit("@", 1), hashed, quota, *flags) for address, quota, flags in USERS]
    rows.append(("receiver@example.com", "receiver", "example.com", "*", 0, 1, 1, 1, 1, 1))
    database.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.commit()
    database.close()


def without_app_passwords() -> None:
    """The mailbox's own password is good, and any other is neither taken nor refused while it cannot be looked up."""
    expect("her password, without app passwords", refusal(PASSWORD), "")
    expect("another, without app passwords", "[UNAVAILABLE]" in refusal("anything"), True)
    database = sqlite3.connect(CREDENTIALS)
    database.execute(
        "CREATE TABLE app_passwords (address TEXT, name TEXT, password TEXT, expires INTEGER, imap INTEGER,"
        " pop3 INTEGER, smtp INTEGER, sieve INTEGER, PRIMARY KEY (address, name)) WITHOUT ROWID"
    )
    # Each with a scheme of its own: plain text may have any character that a line may have.
    for name, scheme, expires in (("long", "SHA512-CRYPT", 0), ("past", "PLAIN", 1), ("spaces", "PLAIN", 2**40)):
        hashed = run("doveadm", "pw", "-s", scheme, "-p", f"{name} {PASSWORD}").strip()
        row = ("alice@example.com", name, hashed, expires, 1, 0, 1, 0)
        database.execute("INSERT INTO app_passwords VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    database.commit()
    database.close()
    # The processes that read a database do not see that it has other tables now.
    run("systemctl", "restart", "dovecot")


def app_passwords() -> None:
    for name, wanted in {"long": (1, 0, 1, 0), "spaces": (1, 0, 1, 0), "past": (0, 0, 0, 0)}.items():
        found = tuple(accepted(protocol, "alice@example.com", f"{name} {PASSWORD}") for protocol in CLIENTS)
        expect(f"the app password {name} opens {', '.join(CLIENTS)}", found, wanted)
    expect("another's app password", accepted("imap", "only-imap@example.com", f"long {PASSWORD}"), 0)


def imap(address: str, password: str) -> imaplib.IMAP4_SSL:
    client = imaplib.IMAP4_SSL("localhost", ssl_context=TLS)
    client._encoding = "utf-8"
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in (address, password)]
    status, lines = client._simple_command("LOGIN", *quoted)
    if status != "OK":
        raise imaplib.IMAP4.error(lines)
    client.state = "AUTH"
    return client


def pop3(address: str, password: str) -> poplib.POP3_SSL:
    client = poplib.POP3_SSL("localhost", context=TLS)
    client.encoding = "utf-8"
    client.user(address)
    client.pass_(password)
    return client


def sieve(address: str, password: str) -> None:
    """ManageSieve (RFC 5804): STARTTLS, then AUTHENTICATE."""
    plain = socket.create_connection(("localhost", 4190))
    reader = plain.makefile("rb")
    _sieve_answer(reader)
    plain.sendall(b"STARTTLS\r\n")
    _sieve_answer(reader)
    with TLS.wrap_socket(plain) as client:
        reader = client.makefile("rb")
        _sieve_answer(reader)
        token = base64.b64encode(f"\0{address}\0{password}".encode()).decode()
        client.sendall(f'AUTHENTICATE "PLAIN" "{token}"\r\n'.encode())
        answer = _sieve_answer(reader)
    if not answer.startswith(b"OK"):
        raise imaplib.IMAP4.error(answer)


def _sieve_answer(reader: Any) -> bytes:
    answer = b""
    for line in reader:
        answer += line
        if line.startswith((b"OK", b"NO", b"BYE")):
            break
    return answer


def smtp(address: str, password: str) -> None:
    """As Postfix asks: over its socket."""
    argv = ["doveadm", "auth", "test", "-a", "/run/dovecot/auth-postfix", "-x", "service=smtp", address, password]
    if subprocess.run(argv, capture_output=True, check=False).returncode != 0:
        raise imaplib.IMAP4.error("refused")


CLIENTS: dict[str, Callable[[str, str], Any]] = {"imap": imap, "pop3": pop3, "smtp": smtp, "sieve": sieve}


def accepted(protocol: str, address: str, password: str) -> int:
    try:
        CLIENTS[protocol](address, password)
    except (imaplib.IMAP4.error, poplib.error_proto):
        return 0
    return 1


def logins() -> None:
    for address, _quota, flags in USERS:
        found = tuple(accepted(protocol, address, PASSWORD) for protocol in CLIENTS)
        expect(f"{address} may log in by {', '.join(CLIENTS)}", found, flags[1:])
    expect("upper case", accepted("imap", "ALICE@Example.COM", PASSWORD), 1)
    expect("a wrong password", accepted("imap", "alice@example.com", "wrong"), 0)
    expect("SQL in a name", accepted("smtp", "' OR 1=1 OR ''='@example.com", PASSWORD), 0)
    expect("the password of who has none", accepted("smtp", "receiver@example.com", "*"), 0)
    listed = set(run("doveadm", "user", "*").split())
    expect("doveadm user", listed, {user[0] for user in USERS} | {"receiver@example.com"})


def folders() -> None:
    with imap("alice@example.com", PASSWORD) as client:
        lines = [line.decode() for line in client.list()[1] if isinstance(line, bytes)]
        subscribed = [line.decode() for line in client.lsub()[1] if isinstance(line, bytes)]
    for folder in ("Drafts", "Sent", "Junk", "Trash", "Archive"):
        expect(f"{folder} with its use", any(f"\\{folder})" in line and line.endswith(folder) for line in lines), True)
        expect(f"{folder} subscribed", any(line.endswith(folder) for line in subscribed), True)


def deliver(recipient: str, header: str = "X-Nothing: here", size: int = 0) -> int:
    """Hand a message over by LMTP; return the status of its recipient."""
    message = f"From: stranger@example.org\nTo: {recipient}\nSubject: test\n{header}\n\n" + ("x" * 63 + "\n") * (
        size // 64
    )
    with smtplib.LMTP("/run/dovecot/lmtp") as client:
        client.ehlo("localhost")
        client.mail("stranger@example.org")
        status, _text = client.rcpt(recipient)
        return client.data(message)[0] if status == 250 else status


def messages(address: str) -> dict[str, int]:
    """Return how many messages each folder holds, less the empty ones. (doveadm takes ``*`` for a pattern of users.)"""
    with imap(address, PASSWORD) as client:
        names = [line.decode().split('"/" ')[1] for line in client.list()[1] if isinstance(line, bytes)]
        counts = {name: client.select(name, readonly=True)[1][0] for name in names}
    return {name: int(count) for name, count in counts.items() if count and count != b"0"}


def delivery() -> None:
    expect("to a mailbox", deliver("alice@example.com"), 250)
    expect("with a detail", deliver("alice+shop@example.com"), 250)
    expect("to nobody", deliver("nobody@example.com"), 550)
    expect("past the site's script", deliver("alice@example.com", "X-Site: yes"), 250)
    expect("alice's folders", messages("alice@example.com"), {"INBOX": 2, "Site": 1})
    for address in ("o'neil!#$%&*=?^`{|}~@example.com", "%{user}%u@example.com"):
        expect(f"to {address}", deliver(address), 250)
        expect(f"{address}'s folders", messages(address), {"INBOX": 1})
        home = Path("/var/vmail/example.com", address.rsplit("@", 1)[0])
        expect(f"where {address} is kept", len(list(home.glob("mail/new/*"))), 1)


def policy(recipient: str, size: int) -> str:
    """Ask as Postfix does at RCPT (SMTPD_POLICY_README)."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("/run/dovecot/quota-status")
        client.sendall(f"request=smtpd_access_policy\nrecipient={recipient}\nsize={size}\n\n".encode())
        return client.recv(1000).decode().strip()


def quota() -> None:
    full = "action=452 4.2.2 Mailbox is full"
    expect("room", policy("small@example.com", 1000), "action=DUNNO")
    expect("a message larger than the quota", policy("small@example.com", 200_000), full)
    expect("a mailbox without quota", policy("alice@example.com", 10**11), "action=DUNNO")
    expect("an alias, or nobody", policy("nobody@example.com", 1000), "action=DUNNO")
    expect("delivery with room", deliver("small@example.com", size=80_000), 250)
    expect("a message too many", policy("small@example.com", 80_000), full)
    expect("delivery without room", deliver("small@example.com", size=80_000), 452)
    with imap("small@example.com", PASSWORD) as client:
        _status, (_roots, limits) = client.getquotaroot("INBOX")
        expect("the limit told to clients", str(limits[0]).rstrip("')").endswith(" 100"), True)
        expect("APPEND without room", client.append("INBOX", "", "", b"X: y\r\n\r\n" + b"x" * 80_000)[0], "NO")


def transport() -> None:
    for port, wanted in {143: True, 993: True, 995: True, 4190: True, 110: False, 2000: False, 24: False}.items():
        with socket.socket() as client:
            expect(f"port {port} open", client.connect_ex(("127.0.0.1", port)) == 0, wanted)
    for newest in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
        expect(f"{newest.name} accepted", _shakes_hands(context), newest is not ssl.TLSVersion.TLSv1_1)
    for weak in ("AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256"):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(weak)
        expect(f"{weak} accepted", _shakes_hands(context), False)


def _shakes_hands(context: ssl.SSLContext) -> bool:
    try:
        with context.wrap_socket(socket.create_connection(("127.0.0.1", 993))):
            return True
    except (ssl.SSLError, ConnectionError):
        return False


def rights() -> None:
    names = [f"/run/dovecot/{name}" for name in ("lmtp", "auth-postfix", "quota-status")]
    expect("sockets", set(run("stat", "-c", "%U:%G %a", *names).split("\n")), {"root:mailwright-sockets 660", ""})
    expect("the mail's folder", run("stat", "-c", "%U:%G %a", "/var/vmail").strip(), "vmail:vmail 750")
    reader = ["setpriv", "--reuid=dovecot", "--regid=dovecot", "--groups=mailwright", "--inh-caps=-all"]
    write = f"import sqlite3; sqlite3.connect('{CREDENTIALS}').execute('DELETE FROM users')"
    result = subprocess.run([*reader, sys.executable, "-c", write], capture_output=True, text=True, check=False)
    expect("Dovecot writes to the credentials", "readonly database" in result.stderr, True)


def journal(begin: str) -> None:
    """Nothing asks for attention, and no password is told."""
    lines = run("journalctl", "--unit=dovecot", "--output=cat", "--quiet", f"--since={begin}").splitlines()
    troubles = [line for line in lines if any(word in line for word in ("Warning:", "Error:", "Fatal:", "Panic:"))]
    expect("the journal", [line for line in troubles if not any(text in line for text in HARMLESS)], [])
    expect("passwords in the journal", [line for line in lines if "horse" in line], [])
    expect("a failed login is told", any("alice@example.com" in line and "mismatch" in line for line in lines), True)


if __name__ == "__main__":
    sys.exit(main())
