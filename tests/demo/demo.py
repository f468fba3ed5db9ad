# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make demo`` runs: hosts up, site.yml, and a proof from the client host, printed for a person."""

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
        testbed("image", "--remove", *RELEASES, "client")
        subprocess.run(["rm", "-rf", str(BUILD / "demo")], check=True)
        print("The demo is gone.")
        return
    keep_release(options.debian)
    headline(f"Starting mx1 (Debian {options.debian}) and client")
    testbed("up", "--bed", "demo", f"mx1={options.debian}", "client=client")
    headline("Running playbooks/site.yml with inventories/demo")
    started = time.monotonic()
    run(*SITE)
    print(f"site.yml took {time.monotonic() - started:.1f} s")
    headline("Proof: alice writes, bob reads, from the host 'client'")
    deliveries = prove()
    show_proof(deliveries)
    headline("Proof: the DNS vouches for it, as the mail host's own resolver says")
    show_records(deliveries[0]["signatures"])
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


def prove() -> list[dict]:
    task = {
        "host": HOST,
        "ca": ssh("mx1", "cat /etc/mailwright/ca/ca.pem"),
        "sender": login("alice"),
        "reader": login("bob"),
    }
    ssh("client", "cat > /root/proof.py", (ROOT / "tests" / "demo" / "proof.py").read_text())
    return json.loads(ssh("client", "python3 /root/proof.py", json.dumps(task)))


def login(name: str) -> dict[str, str]:
    # The lookup "password" writes "PASSWORD salt=..." where it was asked for a hash.
    return {"address": f"{name}@example.com", "password": (SECRETS / name).read_text().split()[0]}


def show_proof(deliveries: list[dict]) -> None:
    for delivery in deliveries:
        print(f"\n  {delivery['subject']}")
        for step in delivery["steps"]:
            print(f"    {step['ms']:8.1f} ms  {step['name']}")
        print(f"    {sum(step['ms'] for step in delivery['steps']):8.1f} ms  in all")


def show_records(signatures: list[dict]) -> None:
    """Show what others find in the DNS; everything has to be there and validated, and two keys to have signed."""
    keys = [f"{signature['s']}._domainkey.{signature['d']}" for signature in signatures]
    wanted = [("example.com", "MX"), ("example.com", "TXT"), ("_dmarc.example.com", "TXT")]
    wanted += [*((key, "TXT") for key in keys), (f"_25._tcp.{HOST}", "TLSA")]
    text = (ROOT / "tests" / "demo" / "records.py").read_text()
    ssh("mx1", "cat > /root/records.py", text)
    answers = json.loads(ssh("mx1", "python3 /root/records.py", json.dumps(wanted)))
    for (name, kind), answer in zip(wanted, answers, strict=True):
        value = " ".join(answer["values"])
        print(f"  {'validated' if answer['valid'] else 'NOT VALID':9}  {name} {kind}  {value[:60]}")
    algorithms = sorted(signature["a"] for signature in signatures)
    if algorithms != ["ed25519-sha256", "rsa-sha256"]:
        sys.exit(f"the message is signed with {algorithms or 'nothing'}, not with an RSA and an Ed25519 key")
    if not all(answer["values"] and answer["valid"] for answer in answers):
        sys.exit("records are missing, or not validated")


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
        "\n  Try next:\n"
        "    make demo                       again: it changes nothing\n"
        "    edit inventories/demo/group_vars/all.yml and run make demo: add a mailbox\n"
        "    python3 tests/testbed/testbed.py sh --bed demo mx1 -- doveadm user '*'\n"
        "    python3 tests/testbed/testbed.py sh --bed demo mx1 -- journalctl -u postfix -u dovecot --since -5m\n"
        "    make demo-clean                 removes it all"
    )


def hosts() -> dict[str, dict]:
    return json.loads(INVENTORY.read_text())["all"]["hosts"]


def ssh(host: str, command: str, text: str | None = None) -> str:
    """Run ``command`` on ``host`` with ``text`` on its standard input; nothing secret is ever an argument."""
    facts = hosts()[host]
    result = subprocess.run(
        [
            "ssh", "-i", facts["ansible_ssh_private_key_file"], *facts["ansible_ssh_common_args"].split(),
            f"root@{facts['ansible_host']}", command,
        ],
        input=text, stdin=subprocess.DEVNULL if text is None else None, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode != 0:
        sys.exit(f"on {host}: {result.stderr.strip()[-2000:]}")
    return result.stdout


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
