# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dkim_key through its own ``main()``: four runs for every state, judged by openssl, and all that can go wrong."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.processes import NOBODY, in_child, killed_at

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import Unavailable
from ansible_collections.mailwright.mail.plugins.module_utils.dkim import converge as converge_file
from ansible_collections.mailwright.mail.plugins.module_utils.dkim import keys as keys_file

Result = dict[str, Any]
Run = Callable[..., Result]
NAME = "s1._domainkey.example.com"
KEY = {"domain": "example.com", "selector": "s1"}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of other users and mounts")
SECRET = re.compile(r"PRIVATE KEY-----")


def openssl(*argv: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *argv], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (argv, done.stderr)
    return done.stdout


@pytest.fixture
def top(tmp_path: Path) -> Path:
    return tmp_path / "lib"


@pytest.fixture
def keys(top: Path) -> Path:
    return top / "dkim"


@pytest.fixture
def run(run_module: Run, top: Path, keys: Path) -> Run:
    """Run the module on the test's directory, and look into all that it prints for private keys."""

    def call(*, check: bool = False, **options: Any) -> Result:
        given = {"key_dir": str(keys), "ledger": str(top / "owned.json"), **options}
        result = run_module("dkim_key", check=check, **given)
        text = json.dumps(result)
        assert not SECRET.search(text)
        for path in keys.rglob("*.pem"):
            if path.is_file():
                lines = [line for line in path.read_text(errors="replace").splitlines() if "-" not in line]
                # What is public in a key stands in its first half.
                assert not [line for line in lines[len(lines) // 2 :] if len(line) > 20 and line in text]
        return result

    return call


def snapshot(top: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(top.rglob("*")):
        status = path.lstat()
        name = str(path.relative_to(top))
        if not name.endswith(".lock") and name != "dkim/.lock":
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
            found[name] = (oct(status.st_mode), status.st_uid, status.st_gid, content)
    return found


UNKNOWN = ("public_key", "spki_sha256")


def four_runs(run: Run, top: Path, **options: Any) -> Result:
    """Run in check mode and for real, twice, and return what the first real run returned."""
    before = snapshot(top)
    predicted = run(check=True, **options)
    assert predicted["changed"], predicted
    assert snapshot(top) == before
    done = run(**options)
    assert done["changed"], done
    assert predicted["diff"] == done["diff"]
    for one, other in zip(values(predicted), values(done), strict=True):
        if one["changes"] and one["public_key"] is None:
            # What only a new key tells is left open, and nothing else.
            for name in UNKNOWN:
                other = {**other, name: None}
            if other["record"]:
                other["record"] = {**other["record"], "value": None, "strings": None}
        assert one == other
    after = snapshot(top)
    for check in (True, False):
        again = run(check=check, **options)
        assert not again["changed"], again["diff"]
        assert again["diff"] == {"before": "", "after": ""}
        for one, other in zip(values(again), values(done), strict=True):
            assert one == {**other, "changes": [], "archive": None}
        assert snapshot(top) == after
    return done


def values(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = result.get("dkim_keys") or [result["dkim_key"]]
    return found


def judge(value: dict[str, Any]) -> None:
    """Let openssl and a reader of the record's tags say what the result says."""
    spki = openssl("pkey", "-in", value["key_path"], "-pubout", "-outform", "DER")
    # Whole, and all numbers right.
    assert b"valid" in openssl("pkey", "-in", value["key_path"], "-noout", "-check")
    record = value["record"]
    assert record["name"] == f"{value['selector']}._domainkey.{value['domain']}"
    assert record["type"] == "TXT"
    assert "".join(record["strings"]) == record["value"]
    assert all(len(string) <= 255 for string in record["strings"])
    tags = dict(tag.split("=", 1) for tag in record["value"].split("; "))
    assert (tags["v"], tags["k"]) == ("DKIM1", value["algorithm"])
    assert base64.b64decode(tags["p"], validate=True) == (spki if tags["k"] == "rsa" else spki[-32:])
    place = Path(value["key_path"])
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    held = place.with_name(f"{value['selector']}.record.json")
    assert json.loads(held.read_text()) == {name: record[name] for name in ("name", "type", "value")}
    assert stat.S_IMODE(held.stat().st_mode) == 0o644


def owned(top: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((top / "owned.json").read_text())["owned"].get("dkim.key", {})
    return {name: entry for names in found.values() for name, entry in names.items()}


def archived(keys: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in keys.glob("old/*/*")}


# --- making and removing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "2048 bit"),
        ({"bits": 3072}, "3072 bit"),
        ({"bits": 1024, "allow_weak_key": True}, "1024 bit"),
        ({"algorithm": "ed25519"}, "ED25519"),
    ],
)
def test_a_key_is_made_and_goes_into_the_archive(
    run: Run, top: Path, keys: Path, options: dict[str, Any], text: str
) -> None:
    value = four_runs(run, top, **KEY, **options)["dkim_key"]
    judge(value)
    assert value["key_path"] == str(keys / "example.com/s1.pem")
    assert value["changes"] == ["key", "record"]
    assert text in openssl("pkey", "-in", value["key_path"], "-noout", "-text").decode()
    pem = Path(value["key_path"]).read_bytes()
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert owned(top) == {NAME: {"before": None, "owner": "dkim_key"}}
    modes = {path: oct((top / path).stat().st_mode)[-3:] for path in ("dkim", "dkim/example.com")}
    assert set(modes.values()) == {"755"}

    gone = four_runs(run, top, **KEY, **options, state="absent")["dkim_key"]
    assert gone["changes"] == ["key", "record"]
    assert (gone["record"], gone["key_path"], gone["public_key"]) == (None, None, None)
    archive = Path(gone["archive"])
    assert archive == keys / f"old/example.com/s1.{value['spki_sha256'][:16]}.pem"
    assert archive.read_bytes() == pem
    assert {oct(path.stat().st_mode)[-3:] for path in (archive.parent, archive.parent.parent)} == {"700"}
    assert oct(archive.stat().st_mode)[-3:] == "600"
    assert owned(top) == {}
    assert not (keys / "example.com").exists()


def test_the_diff_shows_the_tags_that_are_known_ahead(run: Run) -> None:
    options = {"flags": ["s"], "hash_algorithms": ["sha256"], "algorithm": "ed25519"}
    diff = run(check=True, **KEY, **options)["diff"]
    assert diff["before"] == ""
    assert f"DKIM key {NAME}\n" in diff["after"]
    assert "  record: v=DKIM1; k=ed25519; h=sha256; t=s; p=(new)\n" in diff["after"]


def test_tags(run: Run, top: Path) -> None:
    options = {"flags": ["s", "y", "s"], "hash_algorithms": ["sha256"], "service_types": ["email"], "notes": "a;b"}
    first = four_runs(run, top, **KEY, algorithm="ed25519", **options)["dkim_key"]
    beginning = "v=DKIM1; k=ed25519; h=sha256; s=email; t=y:s; n=a=3Bb; p="
    assert first["record"]["value"].startswith(beginning)
    done = four_runs(run, top, **KEY, algorithm="ed25519", flags=["s"])
    assert done["dkim_key"]["changes"] == ["record"]
    assert done["dkim_key"]["spki_sha256"] == first["spki_sha256"]
    assert beginning in done["diff"]["before"]
    assert "record: v=DKIM1; k=ed25519; t=s; p=" in done["diff"]["after"]
    judge(done["dkim_key"])


def test_names_are_converted(run: Run, top: Path, keys: Path) -> None:
    value = four_runs(run, top, domain="BÜCHER.example.", selector="S1")["dkim_key"]
    assert (value["domain"], value["unicode_domain"]) == ("xn--bcher-kva.example", "bücher.example")
    assert value["record"]["name"] == "s1._domainkey.xn--bcher-kva.example"
    assert (keys / "xn--bcher-kva.example/s1.pem").exists()


def test_selectors_whose_names_mean_something_elsewhere(run: Run, keys: Path) -> None:
    for selector in ("rotation", "old", "record", "s1", "s1-record"):
        assert run(domain="example.com", selector=selector, algorithm="ed25519")["changed"]
    names = sorted(path.name for path in (keys / "example.com").glob("*.pem"))
    assert names == ["old.pem", "record.pem", "rotation.pem", "s1-record.pem", "s1.pem"]
    assert not (keys / "example.com/rotation.json").exists()
    run(domain="example.com", selector="s1", state="absent")
    assert (keys / "example.com/s1-record.pem").exists()


def test_what_rotation_keeps_beside_the_keys_stays(run: Run, keys: Path) -> None:
    run(**KEY)
    state = keys / "example.com/rotation.json"
    state.write_text("{}")
    run(**KEY, state="absent")
    assert [path.name for path in state.parent.iterdir()] == ["rotation.json"]


# --- many keys -------------------------------------------------------------------------------------------------------


def test_many_keys_in_one_task(run: Run, top: Path, keys: Path) -> None:
    entries = [
        {"domain": f"d{number}.example", "selector": selector, "algorithm": algorithm}
        for number in range(8)
        for selector, algorithm in (("a", "rsa"), ("b", "ed25519"))
    ]
    done = four_runs(run, top, dkim_keys=entries, flags=["s"])
    assert [(value["domain"], value["selector"]) for value in done["dkim_keys"]] == [
        (entry["domain"], entry["selector"]) for entry in entries
    ]
    for value in done["dkim_keys"]:
        judge(value)
        assert "; t=s; " in value["record"]["value"]
    assert len({value["spki_sha256"] for value in done["dkim_keys"]}) == 16
    assert len(owned(top)) == 16
    # One comes, one goes, one changes, the others stay.
    entries[0]["state"] = "absent"
    entries[1]["flags"] = []
    entries.append({"domain": "new.example", "selector": "a"})
    done = four_runs(run, top, dkim_keys=entries, flags=["s"])
    changes = [value["changes"] for value in done["dkim_keys"]]
    assert changes == [["key", "record"], ["record"], *[[]] * 14, ["key", "record"]]
    assert len(owned(top)) == 16


def test_an_entry_takes_what_stands_beside_the_list(run: Run, top: Path) -> None:
    entries = [{"domain": "a.example"}, {"domain": "b.example", "algorithm": "rsa", "flags": [], "notes": "b"}]
    done = four_runs(
        run, top, dkim_keys=entries, selector="s9", algorithm="ed25519", flags=["y"], notes="all", bits=3072
    )
    one, other = done["dkim_keys"]
    assert (one["selector"], one["algorithm"]) == (other["selector"], "ed25519") == ("s9", "ed25519")
    assert "; t=y; n=all; " in one["record"]["value"]
    assert (other["bits"], other["record"]["value"][:24]) == (3072, "v=DKIM1; k=rsa; n=b; p=M")
    gone = four_runs(
        run, top, dkim_keys=[{"domain": "a.example"}, {"domain": "b.example"}], selector="s9", state="absent"
    )
    assert [value["key_path"] for value in gone["dkim_keys"]] == [None, None]


def test_no_keys_at_all(run: Run, keys: Path) -> None:
    result = run(dkim_keys=[])
    assert (result["changed"], result["dkim_keys"]) == (False, [])
    assert not keys.exists()


def test_one_bad_entry_and_nothing_is_made(run: Run, top: Path) -> None:
    good = {"domain": "a.example", "selector": "a"}
    for bad, reason in (
        ({"domain": "b.example", "selector": "b_c"}, "selector 'b_c': is not a label"),
        ({"domain": "b.example", "selector": None}, "domain 'b.example': has no selector"),
        ({"domain": "A.example.", "selector": "A"}, "dkim_keys 'a._domainkey.a.example': is named twice"),
        ({"domain": "b.example", "selector": "b", "bits": 2047}, "bits 2047"),
    ):
        for check in (True, False):
            result = run(check=check, dkim_keys=[good, bad])
            assert reason in result["msg"]
    assert not top.exists()


# --- keys that are there ---------------------------------------------------------------------------------------------


def put(keys: Path, content: bytes, name: str = "s1.pem") -> Path:
    path = keys / "example.com" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def made_by_openssl(bits: int = 2048) -> bytes:
    return openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")


@pytest.mark.parametrize("form", ["pkcs8", "pkcs1", "seed", "seed_and_public"])
def test_a_key_that_is_there_is_taken_over_as_it_is(run: Run, top: Path, keys: Path, form: str) -> None:
    if form.startswith("pkcs"):
        content, algorithm = made_by_openssl(), "rsa"
        if form == "pkcs1":
            content = openssl("rsa", "-traditional", stdin=content)
    else:
        der = openssl("genpkey", "-algorithm", "ED25519", "-outform", "DER")
        public = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", stdin=der)[-32:]
        content = base64.b64encode(der[-32:] + (public if form == "seed_and_public" else b""))
        algorithm = "ed25519"
    path = put(keys, content)
    value = four_runs(run, top, **KEY, algorithm=algorithm)["dkim_key"]
    assert path.read_bytes() == content
    assert (value["form"], value["changes"]) == (form, ["record", "ledger"])
    assert owned(top)[NAME]["before"] == value["spki_sha256"]
    gone = four_runs(run, top, **KEY, state="absent")
    assert Path(gone["dkim_key"]["archive"]).read_bytes() == content


@pytest.mark.parametrize(
    ("regenerate", "outcome"), [("never", "stays"), ("fail", "fails"), ("partial", "another"), ("always", "another")]
)
@pytest.mark.parametrize("wanted", [{"algorithm": "ed25519"}, {"bits": 3072}])
def test_regenerate_where_algorithm_or_size_differ(
    run: Run, top: Path, keys: Path, regenerate: str, outcome: str, wanted: dict[str, Any]
) -> None:
    first = run(**KEY)["dkim_key"]
    pem = Path(first["key_path"]).read_bytes()
    before = snapshot(top)
    options = {**KEY, **wanted, "regenerate": regenerate}
    if outcome == "another":
        check = run(check=True, **options)
        assert snapshot(top) == before
        done = run(**options)
        assert done["diff"] == check["diff"]
        value = done["dkim_key"]
        judge(value)
        assert value["changes"] == ["key", "record"]
        assert value["spki_sha256"] != first["spki_sha256"]
        assert value["archive"] == check["dkim_key"]["archive"]
        assert archived(keys) == {f"s1.{first['spki_sha256'][:16]}.pem": pem}
        assert run(**options)["changed"] == (regenerate == "always")
        return
    for check in (True, False):
        result = run(check=check, **options)
        if outcome == "fails":
            assert "s1.pem is rsa 2048, and " in result["msg"]
            assert "regenerate: never keeps it, regenerate: partial makes another one" in result["msg"]
        else:
            assert not result["changed"]
            assert result["dkim_key"] == {**first, "changes": []}
            assert "stays rsa 2048 as it is, though " in result["warnings"][0]
    assert snapshot(top) == before


@pytest.mark.parametrize("regenerate", ["never", "fail", "partial"])
def test_regenerate_leaves_a_good_key_alone(run: Run, top: Path, regenerate: str) -> None:
    four_runs(run, top, **KEY, regenerate=regenerate)


def test_regenerate_always(run: Run, top: Path, keys: Path) -> None:
    pems = set()
    for number in range(4):
        before = snapshot(top)
        assert run(check=True, **KEY, regenerate="always")["changed"]
        assert snapshot(top) == before
        value = run(**KEY, regenerate="always")["dkim_key"]
        judge(value)
        assert len(archived(keys)) == number
        assert set(archived(keys).values()) == pems
        pems.add(Path(value["key_path"]).read_bytes())


def test_the_archive_is_never_written_over(run: Run, top: Path, keys: Path) -> None:
    """The same key comes back and goes again; and another file stands where it would go."""
    value = run(**KEY)["dkim_key"]
    pem = Path(value["key_path"]).read_bytes()
    first = Path(run(**KEY, state="absent")["dkim_key"]["archive"])
    put(keys, pem)
    assert four_runs(run, top, **KEY, state="absent")["dkim_key"]["archive"] == str(first)
    assert archived(keys) == {first.name: pem}
    first.write_bytes(b"other\n")
    put(keys, pem)
    second = Path(four_runs(run, top, **KEY, state="absent")["dkim_key"]["archive"])
    assert second.name == first.name.replace(".pem", "-2.pem")
    assert archived(keys) == {first.name: b"other\n", second.name: pem}


@pytest.mark.parametrize("damage", ["record", "no record", "other record", "mode", "ledger"])
def test_damage_is_repaired_and_the_key_stays(run: Run, top: Path, keys: Path, damage: str) -> None:
    value = run(**KEY)["dkim_key"]
    path, record = Path(value["key_path"]), keys / "example.com/s1.record.json"
    pem = path.read_bytes()
    match damage:
        case "record":
            record.write_bytes(b"[" * 60_000 + b"\xff")
        case "no record":
            record.unlink()
        case "other record":
            record.write_text(record.read_text().replace("p=", "p=A"))
        case "mode":
            path.chmod(0o644)
        case "ledger":
            (top / "owned.json").unlink()
    told = f"{path} was found with mode 0644: others" in json.dumps(run(check=True, **KEY).get("warnings"))
    assert told == (damage == "mode")
    done = four_runs(run, top, **KEY)["dkim_key"]
    assert done["changes"] == {"mode": ["permissions"], "ledger": ["ledger"]}.get(damage, ["record"])
    judge(done)
    assert path.read_bytes() == pem


def test_a_record_that_somebody_formatted_is_left_alone(run: Run, keys: Path) -> None:
    run(**KEY)
    record = keys / "example.com/s1.record.json"
    record.write_text(json.dumps(json.loads(record.read_text()), indent=4, sort_keys=True))
    assert not run(**KEY)["changed"]


def test_a_record_whose_key_went_is_removed(run: Run, top: Path, keys: Path) -> None:
    value = run(**KEY)["dkim_key"]
    Path(value["key_path"]).unlink()
    assert four_runs(run, top, **KEY, state="absent")["dkim_key"]["changes"] == ["record"]
    assert not (keys / "example.com").exists()
    run(**KEY)
    for path in (keys / "example.com").iterdir():
        path.unlink()
    assert four_runs(run, top, **KEY, state="absent")["dkim_key"]["changes"] == ["ledger"]
    assert owned(top) == {}


def test_a_key_that_somebody_removed_is_made_again(run: Run, top: Path) -> None:
    first = run(**KEY)["dkim_key"]
    Path(first["key_path"]).unlink()
    done = four_runs(run, top, **KEY)["dkim_key"]
    judge(done)
    assert done["spki_sha256"] != first["spki_sha256"]


# --- owners ----------------------------------------------------------------------------------------------------------


@needs_root
def test_a_key_belongs_to_its_owner(run: Run, top: Path, keys: Path) -> None:
    value = four_runs(run, top, **KEY, owner="nobody", group="nogroup")["dkim_key"]
    judge(value)
    status = Path(value["key_path"]).stat()
    assert (status.st_uid, status.st_gid) == (NOBODY, NOBODY)
    assert Path(value["key_path"]).with_name("s1.record.json").stat().st_uid == 0
    gone = four_runs(run, top, **KEY, owner="nobody", state="absent")["dkim_key"]
    assert Path(gone["archive"]).stat().st_uid == 0


@needs_root
def test_a_key_of_ours_is_given_to_its_owner(run: Run, top: Path) -> None:
    run(**KEY)
    done = four_runs(run, top, **KEY, owner="nobody")
    assert done["dkim_key"]["changes"] == ["permissions"]
    assert (done["diff"]["before"], done["diff"]["after"]) == (
        f"DKIM key {NAME}\n  owner: root\n",
        f"DKIM key {NAME}\n  owner: nobody\n",
    )
    judge(done["dkim_key"])
    four_runs(run, top, **KEY, owner="65534", group="65534")


@needs_root
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("owner", [None, "daemon"])
def test_a_key_of_somebody_else_is_not_used(run: Run, top: Path, keys: Path, state: str, owner: str | None) -> None:
    path = put(keys, made_by_openssl())
    os.chown(path, NOBODY, NOBODY)
    before = snapshot(top)
    for check in (True, False):
        for regenerate in ("fail", "always"):
            result = run(check=check, **KEY, state=state, owner=owner, regenerate=regenerate)
            assert f"s1.pem belongs to nobody, not to {owner or 'root'}; " in result["msg"]
    assert snapshot(top) == before


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_key_that_others_could_have_written_is_not_used(run: Run, top: Path, mode: int) -> None:
    Path(run(**KEY)["dkim_key"]["key_path"]).chmod(mode)
    before = snapshot(top)
    for check in (True, False):
        for options in ({}, {"state": "absent"}, {"regenerate": "always"}):
            result = run(check=check, **KEY, **options)
            assert f"s1.pem has mode {mode:04o}, so that others could have written it; to use it" in result["msg"]
    assert snapshot(top) == before


def test_an_owner_who_does_not_exist(run: Run, top: Path) -> None:
    result = run(**KEY, owner="no-such-user")
    assert "owner 'no-such-user': there is no such user on this host" in result["msg"]
    predicted = run(check=True, **KEY, owner="no-such-user", group="no-such-group")
    assert predicted["changed"]
    assert predicted["unchecked"] == [
        "owner no-such-user: there is no such user on this host yet",
        "group no-such-group: there is no such group on this host yet",
    ]
    assert "  owner: no-such-user\n" in predicted["diff"]["after"]
    assert not top.exists()


@pytest.fixture
def open_top() -> Iterator[Path]:
    """A directory that other users can pass, unlike pytest's."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        yield Path(place)


@needs_root
def test_other_users(run: Run, run_module: Run, open_top: Path) -> None:
    keys, ledger = open_top / "dkim", open_top / "owned.json"
    options = {"key_dir": str(keys), "ledger": str(ledger)}

    def read(path: Path) -> str:
        return in_child(lambda: {"msg": "read" if path.read_bytes() else ""}, as_user=NOBODY)

    theirs = run(**options, domain="example.com", selector="theirs", owner="nobody")["dkim_key"]
    ours = run(**options, **KEY)["dkim_key"]
    gone = Path(run(**options, domain="example.com", selector="gone")["dkim_key"]["key_path"])
    run(**options, domain="example.com", selector="gone", state="absent")
    assert read(Path(theirs["key_path"])) == "read"
    assert read(Path(theirs["key_path"]).with_name("theirs.record.json")) == "read"
    for path in (Path(ours["key_path"]), gone, *keys.glob("old/example.com/*")):
        assert read(path) == ""

    def told(**given: Any) -> str:
        return in_child(lambda: run_module("dkim_key", **options, **given), as_user=NOBODY)

    assert told(**KEY) == f"{ledger} cannot be read: Permission denied"
    ledger.chmod(0o644)
    assert told(**KEY) == f"{keys}/old/example.com cannot be read: Permission denied"
    (keys / "old").chmod(0o755)
    (keys / "old/example.com").chmod(0o755)
    for check in (True, False):
        assert told(check=check, **KEY) == f"{keys}/example.com/s1.pem cannot be read: Permission denied"
    other = {"domain": "example.com", "selector": "s2"}
    assert told(**other, owner="root") == "owner 'root': only root can give keys to another user; run as root (become)"
    assert told(**other) == f"{keys}/.lock cannot be locked: Permission denied"


# --- what stands in the way ------------------------------------------------------------------------------------------


def in_the_way(kind: str, path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    match kind:
        case "link":
            other = tmp_path / "other.pem"
            other.write_bytes(made_by_openssl())
            other.chmod(0o600)
            path.symlink_to(other)
        case "dangling link":
            path.symlink_to(tmp_path / "nowhere")
        case "directory":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "no key":
            path.write_text("nothing\n")
        case "empty":
            path.write_text("")
        case "huge":
            path.write_bytes(b"-" * 100_000)


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("link", "s1.pem is a symbolic link; put the file itself there"),
        ("dangling link", "s1.pem is a symbolic link; put the file itself there"),
        ("directory", "s1.pem is a directory, where a file belongs"),
        ("pipe", "s1.pem is a device, pipe or socket, where a file belongs"),
        ("no key", "s1.pem': is no private key that can be read; give an unencrypted RSA or Ed25519 private key"),
        ("empty", "s1.pem': is no private key that can be read"),
        ("huge", "s1.pem': has 100000 bytes, and no key has more than 65536"),
    ],
)
def test_what_is_no_key_is_told_and_left(
    run: Run, top: Path, keys: Path, tmp_path: Path, kind: str, reason: str, state: str
) -> None:
    in_the_way(kind, keys / "example.com/s1.pem", tmp_path)
    before = snapshot(tmp_path)
    for check in (True, False):
        for regenerate in ("never", "always"):
            assert reason in run(check=check, **KEY, state=state, regenerate=regenerate)["msg"]
            # Another key of the same task is not made either.
            entries = [{"domain": "a.example", "selector": "a", "state": "present"}, KEY]
            assert reason in run(check=check, dkim_keys=entries, state=state, regenerate=regenerate)["msg"]
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("place", ["dkim", "dkim/example.com", "dkim/old", "dkim/old/example.com"])
def test_files_in_the_place_of_directories(run: Run, top: Path, place: str) -> None:
    path = top / place
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert f"{path} is a file, where a directory belongs" in run(**KEY)["msg"]
    if place != "dkim":
        path.unlink()
        path.symlink_to("/tmp")
        assert f"{path} is a symbolic link, where a directory belongs" in run(**KEY)["msg"]


def test_a_file_above_the_directory(run: Run, top: Path) -> None:
    top.write_text("")
    assert "Not a directory" in run(**KEY)["msg"]


def test_the_directory_itself_may_be_a_link(run: Run, top: Path, keys: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    top.mkdir()
    keys.symlink_to(elsewhere)
    judge(four_runs(run, top, **KEY)["dkim_key"])
    assert (elsewhere / "example.com/s1.pem").exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"selector": "a.b"}, "selector 'a.b': has a dot; give one label"),
        ({"selector": ""}, "selector '': is empty"),
        ({"selector": "{{ s }}"}, "selector '{{ s }}': is not a label"),
        ({"selector": "s" * 100_000}, "has 100000 characters"),
        ({"selector": "../../etc"}, "has a dot"),
        ({"selector": "a\nb"}, r"selector 'a\nb': is not a label"),
        ({"selector": None}, "domain 'example.com': has no selector"),
        ({"domain": "example"}, "domain 'example': has one label only"),
        ({"domain": ""}, "domain '': is empty"),
        ({"domain": "a/b.example"}, "domain 'a/b.example'"),
        ({"domain": "-.example"}, "domain '-.example'"),
        ({"domain": "☃☃☃..example"}, "domain '☃☃☃..example'"),
        ({"domain": "d" * 300 + ".example"}, "domain '"),
        ({"domain": ".".join(["d" * 60] * 3 + ["e" * 45, "example"]), "selector": "s" * 12}, "makes a name of 2"),
        ({"bits": 1024}, "bits 1024: is a weak key, below 2048; give 2048, 3072 or 4096, or allow_weak_key: true"),
        ({"bits": 512, "allow_weak_key": True}, "bits 512: is no size of an RSA key for DKIM; give 2048, 3072 or 4096"),
        ({"bits": 8192}, "bits 8192: is no size"),
        ({"bits": -1}, "bits -1: is no size"),
        ({"bits": 10**30}, "is no size"),
        ({"bits": "many"}, "bits"),
        ({"algorithm": "dsa"}, "value of algorithm must be one of: rsa, ed25519, got: dsa"),
        ({"regenerate": "sometimes"}, "value of regenerate must be one of"),
        ({"flags": ["z"]}, "value of flags must be one or more of: y, s"),
        ({"hash_algorithms": ["sha1"]}, "value of hash_algorithms must be one or more of: sha256"),
        ({"notes": "a\nb"}, r"notes 'a\nb': has control characters; give one line of text"),
        ({"notes": "x" * 300}, "takes 300 characters in the record"),
        ({"key_dir": "keys"}, "key_dir 'keys': is not absolute"),
        ({"key_dir": "/a\tb"}, r"key_dir '/a\tb': has control characters"),
        ({"ledger": "owned.json"}, "ledger 'owned.json': is not absolute"),
        ({"owner": ""}, "owner '': there is no such user"),
        ({"group": "no such group"}, "group 'no such group': there is no such group"),
        ({"domain": None}, "one of the following is required: domain, dkim_keys"),
        ({"dkim_keys": []}, "mutually exclusive: domain|dkim_keys"),
        ({"domain": None, "dkim_keys": [{"selector": "a"}]}, "missing required arguments: domain found in dkim_keys"),
        ({"domain": None, "dkim_keys": "nothing"}, "could not parse"),
        ({"domain": None, "dkim_keys": [{"domain": "a.example", "size": 1}]}, "Unsupported parameters"),
    ],
)
def test_bad_options_are_named_and_nothing_is_made(run: Run, top: Path, given: dict[str, Any], reason: str) -> None:
    options = {name: value for name, value in {**KEY, **given}.items() if value is not None}
    result = run(**options)
    assert result["failed"]
    assert reason in result["msg"]
    assert len(result["msg"]) < 1000
    assert not top.exists()


def test_a_weak_key_that_is_there(run: Run, top: Path, keys: Path) -> None:
    put(keys, made_by_openssl(1024))
    for regenerate in ("never", "fail"):
        for check in (True, False):
            result = run(check=check, **KEY, regenerate=regenerate)
            assert "s1.pem is rsa 1024" in result["msg"]
    assert run(**KEY, regenerate="never", allow_weak_key=True)["dkim_key"]["bits"] == 1024
    value = run(**KEY, regenerate="partial")["dkim_key"]
    assert value["bits"] == 2048
    judge(value)


def test_a_key_that_is_larger_than_any_is_made_stays_where_it_is_wanted(run: Run, keys: Path) -> None:
    put(keys, made_by_openssl(2304))
    assert "is rsa 2304, and rsa 2048 is wanted" in run(**KEY)["msg"]
    assert run(**KEY, regenerate="never")["dkim_key"]["bits"] == 2304


# --- check mode on a bare host ---------------------------------------------------------------------------------------


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    def missing(name: str) -> Any:
        raise Unavailable(f"the Python library {name} is needed here; install python3-cryptography") from ImportError()

    return lambda: monkeypatch.setattr(keys_file, "need", missing)


def test_without_the_library_new_keys_are_predicted(
    run: Run, top: Path, monkeypatch: pytest.MonkeyPatch, without_library: Callable[[], Any]
) -> None:
    with monkeypatch.context():
        without_library()
        predicted = run(check=True, **KEY)
        assert predicted["unchecked"] == []
        assert "install python3-cryptography" in run(**KEY)["msg"]
        assert not top.exists()
        assert not run(**KEY, state="absent")["changed"]
    monkeypatch.undo()
    assert run(**KEY)["diff"] == predicted["diff"]


def test_without_the_library_keys_that_are_there_are_not_judged(
    run: Run, top: Path, without_library: Callable[[], Any]
) -> None:
    run(**KEY)
    before = snapshot(top)
    without_library()
    result = run(check=True, **KEY, flags=["s"])
    assert not result["changed"]
    assert "install python3-cryptography" in result["unchecked"][0]
    for state in ("present", "absent"):
        assert "install python3-cryptography" in run(**KEY, state=state)["msg"]
    assert run(check=True, **KEY, state="absent")["changed"]
    assert snapshot(top) == before


# --- runs that are killed, full disks, and others at the same time ---------------------------------------------------


def live_keys(keys: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in keys.glob("*.*/*.pem")}


def whole(pem: bytes) -> bool:
    return b"valid" in openssl("pkey", "-noout", "-check", stdin=pem)


def kill_at_every_moment(run: Run, prepare: Callable[[], Any], look: Callable[[], Any], **options: Any) -> int:
    """Kill the task before each of its changes, ``look`` at what is left, and let the next run complete it."""
    for moment in range(1, 300):
        prepare()
        came_so_far = killed_at(moment, lambda: run(**options))
        look()
        if not came_so_far:
            return moment
        run(**options)
        assert not run(**{**options, "regenerate": "fail"})["changed"]
    raise AssertionError("it never ended")


def test_a_run_that_makes_keys_is_killed(run: Run, top: Path, keys: Path) -> None:
    entries = [{**KEY, "algorithm": "ed25519"}, {"domain": "example.org", "selector": "s2", "algorithm": "ed25519"}]
    modes = set()

    def prepare() -> None:
        subprocess.run(["rm", "-rf", top], check=True)

    def look() -> None:
        assert all(whole(pem) for pem in live_keys(keys).values())
        for path in keys.rglob("*.pem*"):
            modes.add(path.stat().st_mode & 0o777)

    assert kill_at_every_moment(run, prepare, look, dkim_keys=entries) > 20
    assert modes == {0o600}
    assert not [path for path in keys.rglob(".*") if path.name != ".lock"]


def test_a_run_that_replaces_a_key_is_killed(run: Run, keys: Path) -> None:
    options = {**KEY, "algorithm": "ed25519"}
    first = b""

    def prepare() -> None:
        nonlocal first
        subprocess.run(["rm", "-rf", keys], check=True)
        # The size is not what is wanted then, and the least that is quick to make.
        run(**KEY, bits=1024, allow_weak_key=True)
        first = live_keys(keys)["s1.pem"]

    def look() -> None:
        present = live_keys(keys)["s1.pem"]
        assert whole(present)
        # The former key is where it was, or in the archive, or both.
        assert first in (present, *archived(keys).values())

    assert kill_at_every_moment(run, prepare, look, **options, regenerate="partial") > 15
    assert not [path for path in keys.rglob(".*") if path.name != ".lock"]


def test_a_run_that_removes_a_key_is_killed(run: Run, keys: Path) -> None:
    first = b""

    def prepare() -> None:
        nonlocal first
        subprocess.run(["rm", "-rf", keys], check=True)
        run(**KEY, algorithm="ed25519", state="present")
        first = live_keys(keys)["s1.pem"]

    def look() -> None:
        assert first in (*live_keys(keys).values(), *archived(keys).values())

    assert kill_at_every_moment(run, prepare, look, **KEY, state="absent") > 15
    assert not [path for path in keys.rglob(".*") if path.name != ".lock"]


def test_what_a_killed_run_left_is_cleared_away(run: Run, top: Path, keys: Path) -> None:
    run(**KEY)
    left = put(keys, b"half a k", ".s1.pem.abcd_123")
    old = keys / "old/example.com/.s1.0123456789abcdef.pem.abcd_123"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"half a k")
    kept = [put(keys, b"", name) for name in (".s1.pem.swp", ".s2.pem.abcd_123", ".s1.pem.ABCD_123")]
    done = four_runs(run, top, **KEY)
    assert done["dkim_key"]["changes"] == ["leftovers"]
    assert done["diff"]["before"] == (
        f"DKIM key {NAME}\n  left behind: .s1.pem.abcd_123, .s1.0123456789abcdef.pem.abcd_123\n"
    )
    assert not left.exists()
    assert not old.exists()
    assert all(path.exists() for path in kept)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system that is full after a few files."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k,nr_inodes=60", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@needs_root
def test_a_full_disk(run: Run, small: Path) -> None:
    keys = small / "dkim"
    entries = [{"domain": f"d{number}.example", "selector": "a", "algorithm": "ed25519"} for number in range(12)]
    options = {"key_dir": str(keys), "dkim_keys": entries}
    result = run(**options)
    assert "cannot be" in result["msg"]
    assert "No space left on device" in result["msg"]
    made = live_pems(keys)
    assert 0 < len(made) < 12
    assert all(whole(pem) for pem in made.values())
    assert not list(keys.glob("*/.*"))
    subprocess.run(["mount", "-o", "remount,size=1m", small], check=True)
    assert run(**options)["changed"]
    after = live_pems(keys)
    assert len(after) == 12
    assert {path: after[path] for path in made} == made
    assert not run(**options)["changed"]


def live_pems(keys: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in keys.glob("*.*/*.pem")}


@needs_root
def test_a_disk_that_is_full_when_a_key_is_replaced(run: Run, small: Path) -> None:
    keys = small / "dkim"
    options = {"key_dir": str(keys), "ledger": str(small / "owned.json"), **KEY}
    run(**options)
    before = live_pems(keys)
    filler = small / "filler"
    with filler.open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space left"):
        while True:
            stream.write(b"-" * 1024)
    for regenerate, state in (("always", "present"), ("fail", "absent")):
        result = run(**options, regenerate=regenerate, state=state)
        assert "No space left on device" in result["msg"]
        assert live_pems(keys) == before
    filler.unlink()
    assert run(**options, regenerate="always")["changed"]
    assert next(iter(before.values())) in archived(keys).values()


@pytest.mark.parametrize("other", [{"regenerate": "always"}, {"state": "absent"}, {"flags": ["s"]}])
@pytest.mark.parametrize("mine", [{"regenerate": "always"}, {"state": "absent"}, {"flags": ["y"]}])
def test_another_run_at_the_same_time(
    run: Run, top: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any], mine: dict[str, Any]
) -> None:
    """Another run writes between this one's plan and its first change."""
    run(**KEY, algorithm="ed25519")
    real = converge_file.locked
    seen: dict[str, Any] = {}

    def late(path: Path) -> Any:
        monkeypatch.setattr(converge_file, "locked", real)
        run(**KEY, algorithm="ed25519", **other)
        seen.update(snapshot(top))
        return real(path)

    monkeypatch.setattr(converge_file, "locked", late)
    result = run(**KEY, algorithm="ed25519", **mine)
    assert result["msg"] == f"the DKIM key {NAME} was changed during this run; run again"
    assert snapshot(top) == seen
    run(**KEY, algorithm="ed25519", **mine)
