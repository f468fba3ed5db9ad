# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks this host's Dovecot about password hashes, with a second instance of it that serves a password file.

Reads {"password": ..., "user": ..., "schemes": [...], "hashes": {user: hash}, "weak": false} and writes {"version",
"made": {scheme: hash}, "verified": [user, ...], "logins": [user, ...], "challenged": {mechanism: [user, ...]}}: what
``doveadm pw -s`` makes for "user", what ``doveadm pw -t`` verifies, who logs in over IMAP, and who does by each
challenge mechanism. With "weak", which is a setting of the service, only logins are asked for. The service of the host
is left alone. The password guards nothing: it is an argument here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import imaplib
import json
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

PORT = 10143
COMMON = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
ssl = no
auth_mechanisms = plain cram-md5 scram-sha-1 scram-sha-256
auth_failure_delay = 0
listen = 127.0.0.1
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  inet_listener http {{
    port = 0
  }}
}}
"""
OLD = """
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
"""
NEW = """
auth_allow_cleartext = yes
auth_allow_weak_schemes = {weak}
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
passdb passwd-file {{
  passwd_file_path = {folder}/users
}}
userdb static {{
  fields {{
    uid = nobody
    gid = nogroup
    home = {folder}/mail/%{{user}}
  }}
}}
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> None:
    asked = json.load(sys.stdin)
    password, hashes = asked["password"], asked["hashes"]
    version = run("dovecot", "--version").stdout.split()[0]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="passwords-"))
    try:
        config = configure(folder, version, asked["weak"])
        (folder / "users").write_text("".join(f"{user}:{made}::::::\n" for user, made in hashes.items()))
        doveadm = ("doveadm", "-c", str(config))
        # The daemon keeps its standard output, so that a pipe there would never end.
        subprocess.run(["dovecot", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        try:
            logins = users_for_whom(lambda user: accepted(user, password, plain), hashes)
            challenged = {
                mechanism: users_for_whom(lambda user, way=way: accepted(user, password, way), hashes)
                for mechanism, way in ({} if asked["weak"] else CHALLENGES).items()
            }
        finally:
            run(*doveadm, "stop")
        json.dump(
            {
                "version": version,
                "made": {
                    scheme: made
                    for scheme in ([] if asked["weak"] else asked["schemes"])
                    if (made := run(*doveadm, "pw", "-s", scheme, "-u", asked["user"], "-p", password).stdout.strip())
                },
                "verified": [
                    user
                    for user, made in ({} if asked["weak"] else hashes).items()
                    if "(verified)" in run(*doveadm, "pw", "-t", made, "-u", user, "-p", password).stdout
                ],
                "logins": logins,
                "challenged": challenged,
            },
            sys.stdout,
        )
    finally:
        shutil.rmtree(folder)


def users_for_whom(accepts, users) -> list[str]:
    """Return the users that are accepted. Dovecot makes those wait whom it refuses, so they are asked side by side."""
    with ThreadPoolExecutor(48) as pool:
        return [user for user, good in zip(users, pool.map(accepts, users), strict=True) if good]


def configure(folder: pathlib.Path, version: str, weak: bool) -> pathlib.Path:
    """Write the second instance's configuration. Its processes of other users have to get through the folder."""
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    (folder / "mail").chmod(0o777)
    old = version.startswith("2.3")
    head = "" if old else "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"
    text = head + (COMMON + (OLD if old else NEW)).format(folder=folder, port=PORT, weak="yes" if weak else "no")
    config = folder / "dovecot.conf"
    config.write_text(text)
    return config


def accepted(user: str, password: str, authenticate) -> bool:
    """Whether the user logs in over IMAP and sees the mailbox."""
    with connected() as client:
        try:
            authenticate(client, user, password)
        except imaplib.IMAP4.error:
            return False
        return client.select("INBOX")[0] == "OK"


def connected() -> imaplib.IMAP4:
    deadline = time.monotonic() + 10
    while True:
        try:
            return imaplib.IMAP4("127.0.0.1", PORT)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def plain(client: imaplib.IMAP4, user: str, password: str) -> None:
    client.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())


def cram_md5(client: imaplib.IMAP4, user: str, password: str) -> None:
    def respond(challenge: bytes) -> bytes:
        return f"{user} {hmac.new(password.encode(), challenge, 'md5').hexdigest()}".encode()

    client.authenticate("CRAM-MD5", respond)


def scram(algorithm: str):
    """Return SCRAM's conversation (RFC 5802) with an ``algorithm`` of hashlib."""

    def authenticate(client: imaplib.IMAP4, user: str, password: str) -> None:
        first = f"n={user},r={secrets.token_hex(12)}"
        server_key = auth_message = b""

        def respond(challenge: bytes) -> bytes:
            nonlocal server_key, auth_message
            if not challenge:
                return f"n,,{first}".encode()
            if challenge.startswith(b"v="):
                signature = hmac.digest(server_key, auth_message, algorithm)
                assert challenge[2:] == base64.b64encode(signature), "the server does not know the password"
                return b""
            parts = dict(part.split("=", 1) for part in challenge.decode().split(","))
            salt = base64.b64decode(parts["s"])
            salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), salt, int(parts["i"]))
            client_key, server_key = (hmac.digest(salted, name, algorithm) for name in (b"Client Key", b"Server Key"))
            last = f"c=biws,r={parts['r']}"
            auth_message = f"{first},{challenge.decode()},{last}".encode()
            mask = hmac.digest(hashlib.new(algorithm, client_key).digest(), auth_message, algorithm)
            proof = bytes(one ^ other for one, other in zip(client_key, mask, strict=True))
            return f"{last},p={base64.b64encode(proof).decode()}".encode()

        name = {"sha1": "SCRAM-SHA-1", "sha256": "SCRAM-SHA-256"}[algorithm]
        client.authenticate(name, respond)

    return authenticate


CHALLENGES = {"CRAM-MD5": cram_md5, "SCRAM-SHA-1": scram("sha1"), "SCRAM-SHA-256": scram("sha256")}


if __name__ == "__main__":
    main()
