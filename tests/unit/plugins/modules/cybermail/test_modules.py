# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CyberMail modules as Ansible calls them, against a platform of our own over HTTPS."""

from __future__ import annotations

import json
import smtplib
import ssl
import stat
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cybermail.calling import EMAIL, NAME, D, Host, RunModule, age, login
from cybermail.faults import Fault
from cybermail.running import Running

# The account


def test_an_account_is_connected_once(host: Host, platform: Running) -> None:
    done = host.four(host.connect)
    assert done["account"] == {
        "email": EMAIL,
        "account_id": 101,
        "plan_name": "Free",
        "plan_slug": "free",
        "emails_per_month": 15000,
    }
    assert stat.S_IMODE(host.key.stat().st_mode) == 0o600
    assert platform.asked.count("api/register/") == 1
    assert host.connect(password=None)["changed"] is False


def test_the_key_is_returned_only_on_demand_and_once(host: Host, platform: Running) -> None:
    key = host.connect(return_api_key=True)["api_key"]
    assert host.key.read_text() == f"{key}\n"
    assert platform.store.accounts[EMAIL].api_key == key
    assert "api_key" not in host.connect(return_api_key=True)


def test_a_key_that_is_refused_is_replaced(connected: Host, platform: Running) -> None:
    platform.store.accounts[EMAIL].api_key = "cm_another"
    refused = connected.connect(password=None)
    assert "the API key is refused (401: 'Invalid API key'); connect again" in refused["msg"]
    done = connected.four(connected.connect)
    assert "api_key: (refused)" in done["diff"]["before"]
    assert connected.key.read_text() == "cm_another\n"


def test_disconnecting_clears_this_host_only(connected: Host, platform: Running) -> None:
    connected.run("domain", name=D)
    connected.credential()
    there = platform.store.told()
    platform.asked.clear()
    done = connected.four(connected.run, module="account", state="absent")
    assert done["removed"] == [str(connected.key), str(connected.password)]
    assert done["account"] is None
    assert not connected.key.exists() and not connected.password.exists()
    assert not connected.state.exists()
    assert (platform.store.told(), platform.asked) == (there, [])


def test_disconnecting_keeps_the_files_of_other_accounts(connected: Host, platform: Running) -> None:
    other = {"email": "other@example.org", "api_key_file": f"{connected.key}.other"}
    connected.connect(**other)
    connected.run("credential", **other, description=NAME, password_file=str(connected.password))
    done = connected.run("account", state="absent")
    assert done["removed"] == [str(connected.key)]
    assert connected.password.exists()
    assert list(json.loads(connected.state.read_text())["accounts"]) == ["other@example.org"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"password": None}, f"account {EMAIL} is not connected on this host; give its password"),
        ({"password": "short"}, "connecting: the server answers 400: 'A valid email and a password of 8 characters"),
        ({"email": "nobody"}, "email 'nobody': has no @"),
        ({"api_url": "http://localhost/"}, "is no https URL of a server; give one such as https://"),
        ({"api_url": "https://me:secret@localhost/"}, "api_url 'https://...@localhost': has a user in it"),
        ({"api_key_file": "key"}, "api_key_file"),
        ({"timeout": 0}, "timeout 0: is no time to wait; give 1 to 600 seconds"),
        ({"retries": 11}, "retries 11: is out of range; give 0 to 10"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path '/nowhere/ca.pem': cannot be taken (No such file or directory)"),
        ({"ca_path": None}, "its certificate is not trusted"),
        ({"api_url": "https://localhost:1/"}, "cannot be connected (Connection refused); check the network"),
        ({"api_url": "https://nowhere.invalid/"}, "cannot be connected"),
    ],
)
def test_accounts_that_cannot_be_connected(host: Host, options: dict[str, Any], told: str) -> None:
    result = host.connect(**{"retries": 0, **options})
    assert result["failed"] is True
    assert told in result["msg"]
    assert host.files() == {}


def test_the_wrong_password_of_an_account(connected: Host) -> None:
    connected.key.unlink()
    result = connected.connect(password="not-the-password")
    assert "the login is refused (401: 'Invalid email or password'); correct email or password" in result["msg"]
    assert connected.files() == {}


def test_a_key_of_another_account_is_not_used(connected: Host, platform: Running) -> None:
    platform.faults.put("api/account/", Fault("body", body='{"success": true, "data": {"email": "x@example.org"}}'))
    result = connected.connect()
    assert f"holds the key of account x@example.org, not of {EMAIL}" in result["msg"]


def test_certificates_need_not_be_validated(host: Host) -> None:
    assert host.connect(ca_path=None, validate_certs=False)["changed"] is True


def test_a_key_that_others_may_read_is_told(connected: Host) -> None:
    connected.key.chmod(0o644)
    assert connected.connect()["warnings"] == [
        f"api_key_file {connected.key}: others may read it; give it the mode 0600"
    ]


@pytest.mark.parametrize("content", ["", "two words", "k\u00e9y"])
def test_a_file_that_holds_no_key(connected: Host, content: str) -> None:
    connected.key.write_text(content)
    result = connected.run("domain", name=D)
    assert result["msg"] == f"api_key_file {connected.key}: holds no key; it has to be one word in one line"


# Domains

RECORDS = [
    {"name": D, "type": "TXT", "value": "v=spf1 include:spf.cyberpersons.com ~all", "ttl": 3600},
    {"name": f"cm1._domainkey.{D}", "type": "TXT", "value": "v=DKIM1; k=rsa; p=(key)", "ttl": 3600},
    {"name": f"_dmarc.{D}", "type": "TXT", "value": f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{D}", "ttl": 3600},
]


def test_a_domain_comes_with_its_records_and_goes(connected: Host, platform: Running) -> None:
    done = connected.four(connected.run, module="domain", name="Example.COM.")
    assert done["domain"] == {
        "name": D,
        "domain_id": 102,
        "status": "pending",
        "spf_verified": False,
        "dkim_verified": False,
        "dmarc_verified": False,
    }
    key = platform.store.dkim_key
    assert [{**record, "value": record["value"].replace(key, "(key)")} for record in done["records"]] == RECORDS
    assert done["spf_mechanisms"] == ["include:spf.cyberpersons.com"]
    gone = connected.four(connected.run, module="domain", name=D, state="absent")
    assert (gone["domain"], gone["records"]) == (None, [])
    assert platform.store.accounts[EMAIL].domains == {}


def test_the_records_are_what_dns_records_takes(connected: Host, run_module: RunModule) -> None:
    done = connected.run("domain", name=D)
    own = [record for record in done["records"] if not record["value"].startswith("v=spf1")]
    wanted = {"name": D, "records": own, "spf": {"mechanisms": done["spf_mechanisms"]}}
    host = {"name": NAME, "addresses": ["192.0.2.1"]}
    found = run_module("dns_records_info", domains=[wanted], mail_hosts=[host])["records"]
    texts = {(one["name"], one["value"]) for one in found if one["type"] == "TXT"}
    assert (D, "v=spf1 mx ip4:192.0.2.1 include:spf.cyberpersons.com -all") in texts
    assert {(one["name"], one["value"]) for one in own} <= texts


def test_verification_is_waited_for(connected: Host, platform: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.mailwright.mail.plugins.module_utils.cybermail import domain

    monkeypatch.setattr(domain, "_FIRST_PAUSE", 0.01)
    options = {"module": "domain", "name": D, "wait_for_verification": True}
    result = connected.run(**options, verification_timeout="0")
    assert "has not seen its records for SPF, DKIM, DMARC within 0 seconds; publish what stands in" in result["msg"]
    assert (result["changed"], len(result["records"])) == (True, 3)
    platform.store.published[D] = ["spf", "dmarc"]
    result = connected.run(**options, verification_timeout="1s")
    assert "has not seen its records for DKIM within 1 seconds" in result["msg"]
    assert platform.asked.count("api/domains/verify/") > 2
    platform.store.published[D].append("dkim")
    predicted = connected.run(**options, check=True)
    assert (predicted["changed"], predicted["domain"]["status"]) == (False, "pending")
    assert predicted["unchecked"] == [f"whether {D} is verified by now, as the platform is only asked to look by a run"]
    done = connected.run(**options)
    assert (done["changed"], done["domain"]["status"], done["domain"]["dkim_verified"]) == (False, "verified", True)
    platform.asked.clear()
    assert connected.run(**options)["domain"] == done["domain"]
    assert "api/domains/verify/" not in platform.asked


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": "localhost"}, "name 'localhost': has one label only"),
        ({"name": D, "verification_timeout": "soon"}, "verification_timeout 'soon': is no length of time"),
        ({"name": D, "verification_timeout": "2d"}, "verification_timeout '2d': is too long; give a day at most"),
    ],
)
def test_domains_that_are_none(connected: Host, options: dict[str, Any], told: str) -> None:
    assert told in connected.run("domain", **options)["msg"]


def test_a_domain_of_somebody_else(connected: Host) -> None:
    other = {"email": "other@example.org", "api_key_file": f"{connected.key}.other"}
    connected.connect(**other)
    connected.run("domain", name=D, **other)
    result = connected.run("domain", name=D)
    assert "adding domain example.com: the server answers 400: 'Domain already exists'" in result["msg"]


# Credentials


def test_a_credential_is_issued_once(connected: Host, platform: Running) -> None:
    done = connected.four(connected.credential)
    credential = done["credential"]
    assert (credential["description"], credential["host"], credential["port"]) == (
        NAME,
        "localhost",
        platform.smtp_port,
    )
    assert stat.S_IMODE(connected.password.stat().st_mode) == 0o600
    assert stat.S_IMODE(connected.state.stat().st_mode) == 0o600
    assert login(platform, credential["username"], connected.password.read_text().strip()) == 235
    assert login(platform, credential["username"], "pw_guessed") == 535
    assert platform.asked.count("api/smtp/create/") == 1
    assert platform.asked.count("api/smtp/rotate/") == 0


def test_a_password_is_returned_on_demand(connected: Host, platform: Running) -> None:
    options = {"password_file": None, "return_password": True}
    assert "password" not in connected.credential(**options, check=True)
    done = connected.credential(**options)
    assert login(platform, done["credential"]["username"], done["password"]) == 235
    again = connected.credential(**options)
    assert (again["changed"], again.get("password"), again["credential"]["issued"]) == (
        False,
        None,
        done["credential"]["issued"],
    )


def test_a_password_that_nobody_would_know_is_not_asked_for(connected: Host, platform: Running) -> None:
    result = connected.credential(password_file=None)
    assert "gets a new password (is not there), and nobody would get to know it; give password_file" in result["msg"]
    assert platform.asked.count("api/smtp/create/") == 0


def test_rotation_by_age(connected: Host, platform: Running) -> None:
    first = connected.credential(rotate_after="90d")["credential"]
    old = connected.password.read_text().strip()
    age(connected, timedelta(days=89))
    assert connected.credential(rotate_after="90d")["changed"] is False
    age(connected, timedelta(days=91))
    assert connected.credential()["changed"] is False
    done = connected.four(connected.credential, rotate_after="90d")
    assert f"password: (changed: its password is of {datetime.now(UTC) - timedelta(days=91):%Y-%m-%d})" in str(
        done["diff"]
    )
    new = connected.password.read_text().strip()
    assert done["credential"]["credential_id"] == first["credential_id"]
    assert (done["credential"]["host"], done["credential"]["port"]) == ("localhost", platform.smtp_port)
    assert [login(platform, first["username"], one) for one in (old, new)] == [535, 235]


def test_rotation_on_demand_happens_once_in_an_hour(connected: Host, platform: Running) -> None:
    connected.credential()
    assert connected.credential(rotate_now=True)["changed"] is False
    age(connected, timedelta(hours=2))
    connected.four(connected.credential, rotate_now=True)
    assert platform.asked.count("api/smtp/rotate/") == 1


def test_a_lost_password_takes_a_decision(connected: Host, platform: Running) -> None:
    credential = connected.credential()["credential"]
    connected.password.unlink()
    result = connected.credential()
    assert "the platform has it, and its password is not in" in result["msg"]
    assert "rotate_now: true" in result["msg"]
    assert connected.credential(rotate_now=True)["changed"] is True
    assert login(platform, credential["username"], connected.password.read_text().strip()) == 235


def test_a_file_with_something_else_is_left_alone(connected: Host, platform: Running) -> None:
    connected.password.write_text("of another program\n")
    result = connected.credential()
    assert "holds something else; remove the file or give another one" in result["msg"]
    assert connected.password.read_text() == "of another program\n"
    assert platform.store.accounts[EMAIL].credentials == {}


def test_a_credential_of_unknown_age(connected: Host, platform: Running) -> None:
    connected.credential()
    connected.state.unlink()
    result = connected.credential(rotate_after="1h")
    assert result["changed"] is False
    assert "nobody knows here how old its password is" in result["warnings"][0]


def test_a_credential_goes_with_its_file(connected: Host, platform: Running) -> None:
    connected.credential()
    done = connected.four(connected.credential, state="absent")
    assert done["credential"] is None
    assert not connected.password.exists()
    assert platform.store.accounts[EMAIL].credentials == {}
    # And what went elsewhere is made anew.
    connected.credential()
    platform.store.accounts[EMAIL].credentials.clear()
    connected.four(connected.credential)


def test_of_several_with_one_name_one_has_to_be_meant(connected: Host, platform: Running) -> None:
    connected.credential()
    other = connected.run("credential", description="other", password_file=f"{connected.password}.other")
    number = other["credential"]["credential_id"]
    platform.store.accounts[EMAIL].credentials[number].description = NAME
    result = connected.credential()
    assert f"2 credentials are called so, {number - 1}, {number}; say in credential_id which is meant" in result["msg"]
    assert connected.credential(credential_id=number - 1)["changed"] is False
    assert "credential 7 is not there; leave credential_id out" in connected.credential(credential_id=7)["msg"]
    told = connected.credential(credential_id=number, description="third")["msg"]
    assert f"credential {number} is called '{NAME}', not 'third'" in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"description": " a"}, "description ' a': is empty, or has blanks around it or control characters"),
        ({"description": "a\nb"}, "description 'a\\nb': is empty, or has blanks"),
        ({"description": "a" * 256}, "is longer than 255 characters"),
        ({"rotate_after": "5m"}, "rotate_after '5m': is too short; give an hour or more, such as 90d"),
        ({"rotate_after": "monthly"}, "rotate_after 'monthly': is no length of time"),
        ({"password_file": "relative/file"}, "password_file"),
        ({"password_file": "/nowhere/file"}, "password_file /nowhere/file: its directory is not there; make it first"),
        ({"password_file": "/dev"}, "password_file /dev"),
    ],
)
def test_credentials_that_cannot_be_taken(
    connected: Host, platform: Running, options: dict[str, Any], told: str
) -> None:
    result = connected.credential(**options)
    assert result["failed"] is True
    assert told in result["msg"]
    assert platform.store.accounts[EMAIL].credentials == {}


# What the platform knows


def test_everything_is_read(connected: Host, platform: Running) -> None:
    connected.run("domain", name=D)
    platform.store.published[D] = ["spf", "dkim", "dmarc"]
    connected.run("domain", name=D, wait_for_verification=True)
    credential = connected.credential()["credential"]
    context = ssl.create_default_context(cafile=platform.ca_path)
    text = f"From: alice@{D}\r\nSubject: Hello\r\n\r\n.A line with a dot\r\n"
    with smtplib.SMTP_SSL("localhost", platform.smtps_port, timeout=5, context=context) as session:
        session.login(credential["username"], connected.password.read_text().strip())
        session.sendmail(f"alice@{D}", ["bob@example.org", "carol@example.org"], text)
        with pytest.raises(smtplib.SMTPSenderRefused, match="not verified"):
            session.sendmail("alice@elsewhere.example", ["bob@example.org"], text)
    (message,) = platform.store.messages
    assert (message.data, message.recipients) == (text, ["bob@example.org", "carol@example.org"])
    everything = ["account", "domains", "credentials", "statistics", "domain_statistics", "logs", "health"]
    found = connected.run("info", gather=everything, logs={"per_page": 1, "page": 2, "status": "delivered", "days": 1})
    assert (found["changed"], found["unchecked"]) == (False, [])
    assert found["account"]["plan_slug"] == "free"
    assert [domain["status"] for domain in found["domains"]] == ["verified"]
    assert found["credentials"] == [
        {**{name: value for name, value in credential.items() if name != "issued"}, **smtp_defaults()}
    ]
    counts = {"total_sent": 2, "delivered": 2, "bounced": 0}
    assert found["statistics"] == {**counts, "emails_per_month": 15000}
    assert found["domain_statistics"] == [{"domain": D, **counts}]
    (entry,) = found["logs"].pop("entries")
    assert entry.pop("date")
    assert entry == {"from": f"alice@{D}", "to": "bob@example.org", "subject": "Hello", "status": "delivered"}
    assert found["logs"] == {"page": 2, "total_pages": 2, "total": 2}
    assert found["health"] == {"status": "ok", "version": "1"}
    assert connected.run("info", gather=["logs"], logs={"from_domain": "example.org"})["logs"]["entries"] == []
    # Without submission's own words, and without what nobody asked for.
    assert set(connected.run("info")) - {"warnings"} == {"changed", "unchecked", "account", "domains", "credentials"}


def smtp_defaults() -> dict[str, Any]:
    """Return what is said of a credential whose list does not say where it logs in."""
    return {"host": "mail.cyberpersons.com", "port": 587}


def test_health_needs_no_key(host: Host) -> None:
    assert host.run("info", gather=["health"])["health"]["status"] == "ok"


@pytest.mark.parametrize(
    ("logs", "told"),
    [
        ({"page": 0}, "page of logs 0: is out of range; give 1 to 1000000"),
        ({"per_page": 5000}, "per_page of logs 5000: is out of range; give 1 to 1000"),
        ({"days": 0}, "days of logs 0: is out of range"),
        ({"from_domain": "alice@example.com"}, "from_domain of logs 'alice@example.com'"),
    ],
)
def test_logs_that_cannot_be_asked_for(connected: Host, logs: dict[str, Any], told: str) -> None:
    assert told in connected.run("info", gather=["logs"], logs=logs)["msg"]


# Where nothing is connected yet


def test_check_mode_before_the_account_is_connected(host: Host, platform: Running) -> None:
    nowhere = {"password_file": "/nowhere/password"}
    told = [
        host.connect(check=True, api_key_file="/nowhere/key"),
        host.run("domain", name=D, wait_for_verification=True, check=True),
        host.credential(check=True, **nowhere),
    ]
    assert [one["changed"] for one in told] == [True] * 3
    assert all(one["unchecked"] for one in told)
    assert "its directory is not there; a run fails unless an earlier task makes it" in str(told[2]["warnings"])
    assert host.run("info", check=True)["domains"] == []
    for module, options in (("domain", {"name": D}), ("credential", {"description": NAME})):
        assert host.run(module, **options, state="absent", check=True)["changed"] is False
        result = host.run(module, **options)
        assert f"api_key_file {host.key} does not exist on the target; connect the account with" in result["msg"]
    assert "does not exist on the target" in host.run("info")["msg"]
    assert platform.asked == []
