# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dkim_key_info: our own keys, and those that other programs made."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.dkim import keys as keys_file

Result = dict[str, Any]
Run = Callable[..., Result]
SEED = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
PUBLIC = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def openssl(*argv: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *argv], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (argv, done.stderr)
    return done.stdout


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "lib/dkim"


@pytest.fixture
def make(run_module: Run, keys: Path) -> Run:
    return lambda **options: run_module(
        "dkim_key", key_dir=str(keys), ledger=str(keys.parent / "owned.json"), **{"algorithm": "ed25519", **options}
    )


@pytest.fixture
def info(run_module: Run, keys: Path) -> Callable[..., list[dict[str, Any]]]:
    """Run the module for real and in check mode: both say the same, and nothing of a private key."""

    def call(**options: Any) -> list[dict[str, Any]]:
        one, other = (run_module("dkim_key_info", check=check, key_dir=str(keys), **options) for check in (True, False))
        assert one["dkim_keys"] == other["dkim_keys"]
        assert not other["changed"]
        assert "PRIVATE KEY-" not in json.dumps(other)
        found: list[dict[str, Any]] = other["dkim_keys"]
        return found

    return call


Info = Callable[..., list[dict[str, Any]]]


def test_a_host_without_keys(info: Info, keys: Path) -> None:
    assert info() == []
    assert info(domain="example.com", selector="s1") == []
    assert not keys.exists()


def test_our_own_keys_are_told_as_they_were_made(make: Run, info: Info, keys: Path) -> None:
    made = [
        make(domain="example.com", selector="s2", flags=["s"], notes="of ours")["dkim_key"],
        make(domain="bücher.example", selector="s1", algorithm="rsa")["dkim_key"],
        make(domain="example.com", selector="s1")["dkim_key"],
    ]
    make(domain="example.com", selector="s3")
    make(domain="example.com", selector="s3", state="absent")
    noted = {"version": 1, "noted": {"wall": 0, "boot": "", "uptime": 0}, "selectors": {}, "used": []}
    (keys / "example.com/rotation.json").write_text(json.dumps(noted))
    (keys / "example.com/.s1.pem.abcd1234").write_text("")
    (keys / "notes").mkdir()
    (keys / "notes/s1.pem").write_text("nothing")
    found = info()
    names = [value["record"]["name"] for value in found]
    assert names == [f"{one}._domainkey.{two}" for one, two in (("s1", "example.com"), ("s2", "example.com"))] + [
        "s1._domainkey.xn--bcher-kva.example"
    ]
    by_name = {value["record"]["name"]: value for value in made}
    for value in found:
        other = by_name[value["record"]["name"]]
        shared = set(value) & set(other)
        assert shared == {
            *("domain", "unicode_domain", "selector", "key_path", "algorithm", "bits", "form"),
            *("public_key", "spki_sha256", "record"),
        }
        assert {name: value[name] for name in shared} == {name: other[name] for name in shared}
        assert (value["mode"], value["problem"]) == ("0600", None)
    assert "; t=s; n=of ours; " in found[1]["record"]["value"]
    assert [value["selector"] for value in info(domain="BÜCHER.example")] == ["s1"]
    assert [value["domain"] for value in info(selector="S2")] == ["example.com"]
    assert info(domain="example.com", selector="s9") == []


def test_a_record_of_another_key_is_not_told(make: Run, info: Info, keys: Path) -> None:
    value = make(domain="example.com", selector="s1", flags=["s"])["dkim_key"]
    other = make(domain="example.com", selector="s2")["dkim_key"]
    plain = value["record"]["value"].replace("; t=s", "")
    record = keys / "example.com/s1.record.json"
    for content in (json.dumps(other["record"]), "{}", "[]", '{"value": 7}', "\0", "[" * 50_000, ""):
        record.write_text(content)
        assert info(selector="s1")[0]["record"]["value"] == plain
    record.unlink()
    assert info(selector="s1")[0]["record"]["value"] == plain


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("text", "is no private key that can be read"),
        ("link", "is a symbolic link"),
        ("directory", "is a directory"),
        ("record", "s2.record.json is a directory"),
    ],
)
def test_a_key_that_cannot_be_read_has_its_problem(
    make: Run, run_module: Run, keys: Path, kind: str, reason: str
) -> None:
    make(domain="example.com", selector="s1")
    bad = keys / "example.com/s2.pem"
    match kind:
        case "text":
            bad.write_text("{{ nothing }}")
        case "link":
            bad.symlink_to("s1.pem")
        case "directory":
            bad.mkdir()
        case "record":
            bad.write_bytes(bad.with_name("s1.pem").read_bytes())
            bad.with_name("s2.record.json").mkdir()
    result = run_module("dkim_key_info", key_dir=str(keys))
    good, other = result["dkim_keys"]
    assert good["problem"] is None
    assert reason in other["problem"]
    assert result["warnings"] == [other["problem"]]
    assert other["record"] == {
        "name": "s2._domainkey.example.com", "type": "TXT", "value": None, "strings": None,
    }  # fmt: skip
    assert (other["algorithm"], other["public_key"], other["mode"]) == (None, None, None)
    assert other["key_path"] == str(bad)


def test_keys_of_other_programs(info: Info, tmp_path: Path) -> None:
    rsa = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    both = base64.b64encode(base64.b64decode(SEED) + base64.b64decode(PUBLIC)) + b"\n"
    contents = {
        "openssl.pem": (rsa, "rsa", 1024, "pkcs8"),
        "mail.private": (openssl("rsa", "-traditional", stdin=rsa), "rsa", 1024, "pkcs1"),
        "dknewkey.key": (SEED.encode(), "ed25519", None, "seed"),
        "rspamadm.key": (both, "ed25519", None, "seed_and_public"),
    }
    for name, (content, *_expected) in contents.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o640)
    link = tmp_path / "link.key"
    link.symlink_to("rspamadm.key")
    files = [{"path": str(tmp_path / name)} for name in contents]
    found = info(files=[*files, {"path": str(link), "domain": "Example.com.", "selector": "MAIL"}])
    for value, (_content, *expected) in zip(found, contents.values(), strict=False):
        assert [value["algorithm"], value["bits"], value["form"]] == expected
        assert (value["domain"], value["selector"], value["record"]["name"], value["mode"]) == (
            None,
            None,
            None,
            "0640",
        )
    spki = openssl("pkey", "-pubout", "-outform", "DER", stdin=rsa)
    assert {value["spki_sha256"] for value in found[:2]} == {hashlib.sha256(spki).hexdigest()}
    assert {value["record"]["value"] for value in found[:2]} == {"v=DKIM1; k=rsa; p=" + base64.b64encode(spki).decode()}
    assert {value["record"]["value"] for value in found[2:]} == {f"v=DKIM1; k=ed25519; p={PUBLIC}"}
    assert (found[4]["record"]["name"], found[4]["key_path"]) == ("mail._domainkey.example.com", str(link))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"files": [{"path": "/no/such.key"}]}, "there is no file /no/such.key on this host; look at path"),
        ({"files": [{"path": "/etc"}]}, "/etc is a directory, where a file belongs"),
        ({"files": [{"path": "/dev/null"}]}, "/dev/null is a device, pipe or socket"),
        ({"files": [{"path": "/etc/hostname"}]}, "private key '/etc/hostname': is no private key that can be read"),
        ({"files": [{"path": "keys"}]}, "path 'keys': is not absolute"),
        ({"files": [{"path": "/a\nb"}]}, r"path '/a\nb': has control characters"),
        ({"files": [{"path": "/x", "domain": "example"}]}, "domain 'example': has one label only"),
        ({"files": [{"path": "/x", "selector": "a.b"}]}, "selector 'a.b': has a dot"),
        ({"files": [{}]}, "missing required arguments: path found in files"),
        ({"files": [], "domain": "example.com"}, "mutually exclusive: files|domain"),
        ({"domain": "example"}, "domain 'example': has one label only"),
        ({"selector": "{{ s }}"}, "selector '{{ s }}': is not a label"),
        ({"selector": ""}, "selector '': is empty"),
        ({"domain": ""}, "domain '': is empty"),
        ({"key_dir": "/etc/hostname"}, "/etc/hostname is a file, where a directory belongs"),
        ({"key_dir": "/etc/hostname/x"}, "/etc/hostname/x cannot be read: Not a directory"),
    ],
)
def test_bad_options(run_module: Run, options: dict[str, Any], reason: str) -> None:
    result = run_module("dkim_key_info", **options)
    assert result["failed"]
    assert reason in result["msg"]


def test_without_the_library(make: Run, run_module: Run, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(domain="example.com", selector="s1")

    def missing(name: str) -> Any:
        raise Unavailable(f"the Python library {name} is needed here; install python3-cryptography")

    monkeypatch.setattr(keys_file, "need", missing)
    assert "install python3-cryptography" in run_module("dkim_key_info", key_dir=str(keys))["msg"]
    (value,) = run_module("dkim_key_info", check=True, key_dir=str(keys))["dkim_keys"]
    assert "install python3-cryptography" in value["problem"]
    assert (value["selector"], value["record"]["value"]) == ("s1", None)


def test_no_files(info: Info) -> None:
    assert info(files=[]) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of other users")
def test_owners(make: Run, info: Info) -> None:
    value = make(domain="example.com", selector="s1", owner="nobody", group="4294967294")["dkim_key"]
    (found,) = info()
    assert (found["owner"], found["group"]) == ("nobody", "4294967294")
    os.chown(value["key_path"], 4294967294, 0)
    (found,) = info()
    assert (found["owner"], found["group"]) == ("4294967294", "root")
