# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""D01: all that is wanted is answered. D02: what is the operator's stays. O06: a domain that goes leaves nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from behaviour.bed import Host
from behaviour.site import Run, assert_foretold, run_site
from signed.conftest import Hosts
from signed.runs import run_playbook
from signed.zones import renew, zone

ROTATION = "mailwright.mail.dkim_rotation"
SIGNING = "/var/lib/mailwright/signing"
KEYS = "/var/lib/mailwright/dkim"
# Name, type and value as in a zone file, all in alpha.example; two of them beside records of ours.
OPERATORS = (
    ("@", "TXT", '"operator=1"'),
    ("@", "CAA", '0 issue "ca.operator.example"'),
    ("www", "A", "192.0.2.7"),
    ("mx", "TXT", '"of the operator"'),
)
TTL = 1234


@pytest.fixture(scope="module")
def wanted(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is wanted (``records``), and what of it cannot be published (``withheld``)."""
    file = tmp_path_factory.mktemp("wanted") / "wanted.json"
    result = run_playbook(str(Path(__file__).with_name("wanted.yml")), {"wanted_file": str(file)})
    assert result.returncode == 0, result.stdout
    told: dict[str, Any] = json.loads(file.read_text())
    return told


@pytest.fixture
def operators(hosts: Hosts) -> Iterator[None]:
    """The operator's own records in the zone, put there by PowerDNS's own program."""
    for name, kind, value in OPERATORS:
        hosts.server.run(f"pdnsutil add-record alpha.example {name} {kind} {TTL} '{value}'")
    renew(hosts.server, "alpha.example")
    yield
    for name, kind, value in OPERATORS:
        left = [one for one in values(hosts.server, name, kind) if one != value]
        if left:
            quoted = " ".join(f"'{one}'" for one in left)
            hosts.server.run(f"pdnsutil replace-rrset alpha.example {name} {kind} 3600 {quoted}")
        else:
            hosts.server.run(f"pdnsutil delete-rrset alpha.example {name} {kind}")
    renew(hosts.server, "alpha.example")


def values(server: Host, name: str, kind: str) -> list[str]:
    full = "alpha.example" if name == "@" else f"{name}.alpha.example"
    return [one[4] for one in zone(server, "alpha.example") if one[0] == full and one[3] == kind]


def own(server: Host) -> list[list[str]]:
    """Return the operator's records as the zone has them."""
    known = [value for _name, _kind, value in OPERATORS]
    return [one for one in zone(server, "alpha.example") if one[4] in known]


def test_d01_the_name_server_answers_all_that_is_wanted(hosts: Hosts, wanted: dict[str, Any]) -> None:
    host = next(iter(hosts.mail.values()))
    assert len(wanted["records"]) > 40
    # Nobody has given us the zones of the addresses.
    assert {one["type"] for one in wanted["withheld"]} <= {"PTR"}, wanted["withheld"]
    question = {"address": hosts.server.variables["ansible_host"], "flag": "AA", "records": served(wanted)}
    assert host.program("dns_answers.py", json.dumps(question)) == []


@pytest.mark.parametrize("name", ["signed12", "signed13"])
def test_d01_each_resolver_validates_all_that_is_wanted(hosts: Hosts, wanted: dict[str, Any], name: str) -> None:
    question = {"address": "127.0.0.1", "flag": "AD", "records": served(wanted)}
    assert hosts.mail[name].program("dns_answers.py", json.dumps(question)) == []


def test_d01_the_judge_finds_what_is_not_there(hosts: Hosts, wanted: dict[str, Any]) -> None:
    records = [
        {**record, "value": "10 mx.elsewhere.example."} for record in wanted["records"] if record["type"] == "MX"
    ]
    question = {"address": "127.0.0.1", "flag": "AD", "records": records}
    assert len(hosts.mail["signed12"].program("dns_answers.py", json.dumps(question))) == len(records) > 0


def served(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    gone = [(one["name"], one["type"], one["value"]) for one in wanted["withheld"]]
    return [one for one in wanted["records"] if (one["name"], one["type"], one["value"]) not in gone]


def test_d01_what_was_asked_for_too_early_is_there_at_once(hosts: Hosts) -> None:
    """A resolver remembers that a record is not there, in this zone for an hour; those of the mail hosts are told."""
    name, value = f"late-{uuid.uuid4().hex}.gamma.example", "192.0.2.9"
    soa = next(one for one in zone(hosts.server, "gamma.example") if one[3] == "SOA")
    assert soa[4].split()[-1] == "3600"
    question = {"address": "127.0.0.1", "flag": "AD", "records": [{"name": name, "type": "A", "value": value}]}
    for host in hosts.mail.values():
        assert len(host.program("dns_answers.py", json.dumps(question))) == 1
    assert run_playbook(ROTATION, {"late_records": question["records"]}).returncode == 0
    for host in hosts.mail.values():
        assert host.program("dns_answers.py", json.dumps(question)) == []


def test_d02_what_is_the_operators_survives_a_run_and_a_purge(hosts: Hosts, operators: None) -> None:
    before = own(hosts.server)
    assert len(before) == len(OPERATORS)
    assert values(hosts.server, "mail", "CNAME") or values(hosts.server, "mail", "A")
    purged = run_playbook(ROTATION, {"left_out": ["client"]})
    assert purged.returncode == 0, purged.stdout
    # It did take out something of ours.
    assert not values(hosts.server, "mail", "CNAME") + values(hosts.server, "mail", "A")
    assert own(hosts.server) == before
    again = run_playbook(ROTATION, {})
    assert again.returncode == 0, again.stdout
    assert values(hosts.server, "mail", "CNAME") or values(hosts.server, "mail", "A")
    assert own(hosts.server) == before


def test_o02_check_mode_foretells_records(hosts: Hosts) -> None:
    """One that comes, and others that go."""
    coming = {"name": f"new-{uuid.uuid4().hex}.gamma.example", "type": "A", "value": "192.0.2.10"}
    foretold, done = pair(hosts, {"late_records": [coming], "left_out": ["client"]})
    for name in [*hosts.mail, hosts.server.name]:
        assert_foretold(foretold.of(name), done.of(name), "mailwright.mail.")
    assert {change.action for change in done.changes} == {"mailwright.mail.dns_records"}


def test_o02_check_mode_foretells_keys(hosts: Hosts) -> None:
    """Their records are not known yet, and so the playbook's second look at them is not, either."""
    foretold, done = pair(hosts, {"dkim_bits": 3072})
    for name in hosts.mail:
        told, made = (
            [change.diff for change in run.of(name) if change.action == "mailwright.mail.dkim_rotation"]
            for run in (foretold, done)
        )
        assert told == made[:1]
        assert "rsa 3072" in json.dumps(told)


def bring_back(hosts: Hosts) -> None:
    """Have the domain that goes, where an earlier run of these tests took it away."""
    if "gamma.example" not in hosts.mail["signed13"].run(f"cat {SIGNING}/dkim_domains.conf"):
        assert run_playbook(ROTATION, {}).returncode == 0


def pair(hosts: Hosts, variables: dict[str, Any]) -> tuple[Run, Run]:
    """Run the playbook in check mode, which changes nothing, then for real, and then as it was before."""
    bring_back(hosts)
    before = {name: zone(hosts.server, name) for name in ("alpha.example", "gamma.example")}
    foretold = run_site("--check", "--diff", playbook=ROTATION, variables=variables)
    assert foretold.status == 0, foretold.output
    assert {name: zone(hosts.server, name) for name in before} == before
    done = run_site("--diff", playbook=ROTATION, variables=variables)
    assert done.status == 0, done.output
    again = run_playbook(ROTATION, {})
    assert again.returncode == 0, again.stdout
    return foretold, done


def test_o06_a_domain_that_goes_leaves_nothing(hosts: Hosts) -> None:
    host, options = hosts.mail["signed13"], {"gone_state": "absent", "dkim_overlap": "0s", "dkim_revoked": "0s"}
    bring_back(hosts)
    keys = host.run(f"ls {KEYS}/gamma.example").split()
    selectors = [name.removesuffix(".pem") for name in keys if name.endswith(".pem")]
    # Earlier runs may have left more than those that sign.
    assert len(selectors) >= 2
    assert len({one[0] for one in zone(hosts.server, "gamma.example")}) > 10
    for _run in range(2):
        result = run_playbook(ROTATION, options)
        assert result.returncode == 0, result.stdout
    assert {(one[0], one[3]) for one in zone(hosts.server, "gamma.example")} == {
        ("gamma.example", "SOA"),
        ("gamma.example", "NS"),
    }
    assert "gamma.example" not in host.run(f"cat {SIGNING}/dkim_domains.conf")
    assert "gamma.example" not in host.run("cat /var/lib/mailwright/rspamd/signing_read")
    assert host.run(f"find {SIGNING} {KEYS}/gamma.example -path '*gamma.example/*' ! -name rotation.json") == ""
    archived = {name.partition(".")[0] for name in host.run(f"ls {KEYS}/old/gamma.example").split()}
    assert archived.issuperset(selectors)
    last = run_playbook(ROTATION, options)
    assert "changed=0" in last.stdout and not any(f"changed={number}" in last.stdout for number in range(1, 30))
