# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The postconf module on a real Postfix, judged by Postfix's own programs. Leaves the host as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from behaviour.bed import MailHost, ansible

Caller = Callable[..., dict[str, Any]]
OWNER = "behaviour-test"
SERVICE = "127.0.0.1:2525"
WANTED: dict[str, Any] = {
    "main": {
        "smtp_connect_timeout": "17s",
        "smtpd_reject_footer": 'it\'s "100%" \\ gr\u00fcn; see https://example.com/$',
        "notify_classes": ["resource", "software", "policy"],
        "greylist": ["reject_unknown_client_hostname"],
        "behaviour_transport": "smtp:[127.0.0.1]:9",
        "relay_transport": "$behaviour_transport",
        "behaviour_destination_recipient_limit": 1,
        "best_mx_transport": None,
    },
    "lists": [
        {"parameter": "debug_peer_list", "present": ["192.0.2.1", "192.0.2.2"]},
        {"parameter": "smtpd_restriction_classes", "present": ["greylist"]},
        {"parameter": "smtpd_milters", "present": ["{ inet:127.0.0.1:9, default_action=accept }"]},
    ],
    "master": [
        {"service": "behaviour", "type": "unix", "command": "smtp", "options": {"smtp_helo_timeout": 9}},
        {
            "service": SERVICE,
            "type": "inet",
            "private": False,
            "chroot": True,
            "maxproc": 1,
            "command": "smtpd",
            "options": {
                "smtpd_client_restrictions": ["permit_mynetworks", "reject"],
                "syslog_name": "postfix/behaviour",
            },
        },
        {"service": "smtp", "type": "unix", "options": {"smtp_bind_address": "127.0.0.1"}},
    ],
}
LISTS = {entry["parameter"] for entry in WANTED["lists"]}
# Judged on the staged copy, so that one call tells them all.
WRONG: dict[str, Any] = {
    "main": {
        "smtpd_helo_require": True,
        "mynothing_destination_recipient_limit": 1,
        "smtpd_forbid_bare_newline": "maybe",
        "smtp_dns_support_level": "full",
        "smtpd_helo_required": "on",
        "smtp_connect_timeout": "5min",
        "message_size_limit": "10M",
        "inet_protocols": "ipv5",
        "transport_maps": "nosuch:/etc/postfix/transport",
    },
    "master": [
        {"service": "x", "type": "unix", "command": "nosuchd"},
        {"service": "smtp", "type": "unix", "options": {"smtp_nosuch": 1, "smtp_tls_security_level": "strong"}},
    ],
}
TOLD = [
    "has no parameter smtpd_helo_require,",
    "has no parameter mynothing_destination_recipient_limit,",
    "smtpd_forbid_bare_newline = maybe: not a value of smtpd_forbid_bare_newline",
    "smtp_dns_support_level; give one of disabled, dnssec, enabled",
    "smtpd_helo_required = on: not a value of smtpd_helo_required; give yes or no",
    "smtp_connect_timeout = 5min: not a value of smtp_connect_timeout; give a time",
    "message_size_limit = 10M: not a value of message_size_limit; give a number",
    "inet_protocols; give one of all, ipv4, ipv6",
    "transport_maps: the map type nosuch is not installed",
    "service x/unix: there is no daemon nosuchd in /usr/lib/postfix/sbin",
    "has no -o option smtp_nosuch,",
    "smtp/unix -o smtp_tls_security_level = strong: not a value",
]


@pytest.fixture
def postconf(mx: MailHost) -> Iterator[Caller]:
    """Call the module on the host with options; the host's files are the same afterwards, and put back if not."""

    def call(check: bool = False, **options: Any) -> dict[str, Any]:
        flags = ["--diff", "--check"] if check else ["--diff"]
        arguments = json.dumps({"owner": OWNER, **options})
        done = ansible("ansible", mx.name, "-m", "mailwright.mail.postconf", "-a", arguments, *flags)
        answer = re.search(r"^\S+ \| ([A-Z!]+) => (\{.*\})", done.stdout, re.DOTALL | re.MULTILINE)
        assert answer, f"{done.stdout}\n{done.stderr}"
        return {"status": answer[1], **json.loads(answer[2])}

    before = files(mx)
    backup = mx.run("mktemp -d").strip()
    mx.run(f"cp -a /etc/postfix/main.cf /etc/postfix/master.cf {backup}/")
    yield call
    after = files(mx)
    if after != before:
        call(restore=["*"])
        mx.run(f"cp -a {backup}/main.cf {backup}/master.cf /etc/postfix/")
    mx.run(f"rm -r {backup}")
    assert after == before


def files(mx: MailHost) -> str:
    """Both files, their rights, and what is owned."""
    return mx.run(
        "cd /etc/postfix && stat -c '%n %a %u %g' main.cf master.cf && cat main.cf master.cf"
        " && cat /var/lib/mailwright/owned.json"
    )


def read_back(mx: MailHost, question: str) -> dict[str, str]:
    """What ``postconf`` answers, by the name before the ``=``."""
    lines = mx.run(f"postconf {question} 2>/dev/null").splitlines()
    return {name: value.strip() for name, _equals, value in (line.partition(" =") for line in lines)}


def test_postfix_reads_what_was_set_and_gets_back_what_was_there(mx: MailHost, postconf: Caller) -> None:
    found = (files(mx), read_back(mx, "-n"), read_back(mx, "-P"))
    predicted = postconf(check=True, **WANTED)
    assert files(mx) == found[0]
    done = postconf(**WANTED)
    assert done == predicted
    assert done["status"] == "CHANGED"
    assert not done["restart_required"] and not done["unchecked"]
    main = read_back(mx, "-n")
    assert main["smtp_connect_timeout"] == "17s"
    assert main["smtpd_reject_footer"] == WANTED["main"]["smtpd_reject_footer"]
    assert main["notify_classes"] == "resource, software, policy"
    assert main["debug_peer_list"].endswith("192.0.2.1, 192.0.2.2")
    assert main["smtpd_milters"].endswith("{ inet:127.0.0.1:9, default_action=accept }")
    assert read_back(mx, "-x relay_transport") == {"relay_transport": "smtp:[127.0.0.1]:9"}
    assert set(main) - set(found[1]) <= {*WANTED["main"], *LISTS}
    untouched = set(found[1]) - {*WANTED["main"], *LISTS}
    assert {name: main[name] for name in untouched} == {name: found[1][name] for name in untouched}
    assert read_back(mx, "-P") == {
        **found[2],
        "behaviour/unix/smtp_helo_timeout": "9",
        f"{SERVICE}/inet/smtpd_client_restrictions": "permit_mynetworks, reject",
        f"{SERVICE}/inet/syslog_name": "postfix/behaviour",
        "smtp/unix/smtp_bind_address": "127.0.0.1",
    }
    assert mx.run(f"postconf -M {SERVICE}/inet").split()[:8] == [SERVICE, "inet", "n", "-", "y", "-", "1", "smtpd"]
    assert mx.run("postconf -n 2>&1 >/dev/null | grep -c 'unused parameter' || true").strip() == "0"
    again = postconf(**WANTED)
    assert (again["status"], again["changed_parameters"], again["changed_services"]) == ("SUCCESS", [], [])
    needs_more = postconf(check=True, main={"inet_interfaces": "127.0.0.1"})
    assert needs_more["restart_reasons"] == ["inet_interfaces: the master process binds to its addresses at its start"]
    assert postconf(restore=["*"])["status"] == "CHANGED"
    assert files(mx) == found[0]


def test_what_postfix_would_choke_on_is_refused(mx: MailHost, postconf: Caller) -> None:
    before = files(mx)
    for check in (True, False):
        result = postconf(check=check, **WRONG)
        assert result["status"] == "FAILED!"
        assert [told for told in TOLD if not any(told in problem for problem in result["problems"])] == []
    assert files(mx) == before
