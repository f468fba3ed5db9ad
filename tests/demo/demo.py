# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make demo`` runs: a host up and site.yml, which ends with its proof, and what to do with it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
INVENTORY = BUILD / "testbed" / "demo" / "inventory.yml"
SECRETS = BUILD / "demo" / "secrets"
PAGE = BUILD / "demo" / "proof.html"
RELEASES = ["12", "13"]
SITE = ("ansible-playbook", "-i", "inventories/demo", "-i", str(INVENTORY), "playbooks/site.yml")
ENVIRONMENT = os.environ | {"ANSIBLE_PIPELINING": "true"}
HOST = "mx1.mailwright.test"
PORTS = [
    ("25", "mail from other servers, STARTTLS"),
    ("53", "DNS: the zones example.com and mailwright.test, signed"),
    ("587", "submission, STARTTLS"),
    ("465", "submission, TLS"),
    ("993", "IMAP, TLS"),
    ("995", "POP3, TLS"),
    ("4190", "ManageSieve, STARTTLS"),
]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--debian", choices=RELEASES, default="13")
    arguments.add_argument("--again", action="store_true", help="run site.yml again at the end; it must change nothing")
    arguments.add_argument("--clean", action="store_true", help="remove the hosts, their images and all made for them")
    options = arguments.parse_args()
    if options.clean:
        testbed("down", "--bed", "demo")
        testbed("image", "--remove", *RELEASES)
        subprocess.run(["rm", "-rf", str(BUILD / "demo")], check=True)
        print("The demo is gone.")
        return
    keep_release(options.debian)
    headline(f"Starting mx1 (Debian {options.debian})")
    testbed("up", "--bed", "demo", f"mx1={options.debian}")
    headline("Running playbooks/site.yml with inventories/demo")
    started = time.monotonic()
    run(*SITE)
    print(f"site.yml took {time.monotonic() - started:.1f} s")
    show_service()
    if options.again:
        headline("Running playbooks/site.yml again")
        converge_again()


def converge_again() -> None:
    output = subprocess.run(SITE, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True).stdout
    recap = output[output.index("PLAY RECAP") :]
    print(recap)
    if "changed=0 " not in recap:
        sys.exit(output + "\nthe second run changed something")


def keep_release(release: str) -> None:
    """A demo of the other release starts from nothing: its hosts are not this one's."""
    mark = BUILD / "demo" / "debian"
    if mark.exists() and mark.read_text() != release:
        testbed("down", "--bed", "demo")
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(release)


def login(name: str) -> dict[str, str]:
    # The lookup "password" writes "PASSWORD salt=..." where it was asked for a hash.
    return {"address": f"{name}@example.com", "password": (SECRETS / name).read_text().split()[0]}


def show_service() -> None:
    address = hosts()["mx1"]["ansible_host"]
    headline("Your mail server")
    print(f"  {HOST} at {address}")
    for port, purpose in PORTS:
        print(f"    {port:>5}  {purpose}")
    for name in ("alice", "bob"):
        user = login(name)
        print(f"    login {user['address']}  password {user['password']}")
    print(
        f"\n  What was proved, as a page: {PAGE.relative_to(ROOT)}\n"
        "\n  Try next:\n"
        "    make demo                       again: it changes nothing\n"
        "    ansible-playbook -i inventories/demo -i build/testbed/demo/inventory.yml playbooks/verify.yml\n"
        "    edit inventories/demo/group_vars/all.yml and run make demo: add a mailbox\n"
        "    python3 tests/testbed/testbed.py sh --bed demo mx1 -- doveadm user '*'\n"
        "    python3 tests/testbed/testbed.py sh --bed demo mx1 -- journalctl -u postfix -u dovecot --since -5m\n"
        "    make demo-clean                 removes it all"
    )


def hosts() -> dict[str, dict]:
    return json.loads(INVENTORY.read_text())["all"]["hosts"]


def testbed(*arguments: str) -> None:
    run(sys.executable, str(ROOT / "tests" / "testbed" / "testbed.py"), *arguments)


def run(*command: str) -> None:
    result = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False)
    if result.returncode != 0:
        sys.exit(result.returncode)


def headline(text: str) -> None:
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    main()
