# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of accounts: what each form gives, and what is said of a file with a mistake in it."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.mailwright.mail.plugins.plugin_utils.source import read_source

Read = Callable[..., dict[str, list[Any]]]
SECRET = "correct-horse"
HASH = "{SHA512-CRYPT}$6$abcdefgh$" + "a" * 86
PEOPLE = f"address,password_hash,quota\nalice@example.com,{HASH},5G\nbob@example.com,*,\n"
WHOLE = {
    "domains": [{"name": "example.com", "max_mailboxes": 5, "active": True}],
    "mailboxes": [{"address": "alice@example.com", "password_hash": HASH}],
    "aliases": [{"address": "info@example.com", "destinations": ["alice@example.com"]}],
}


def read(src: Any, **files: str | bytes) -> dict[str, list[Any]]:
    """Return what is in ``src``; ``people_csv`` is the content of ``people.csv``."""

    def content(name: str) -> bytes:
        text = files[name.replace(".", "_")]
        return text.encode() if isinstance(text, str) else text

    def decrypt(envelope: bytes) -> bytes:
        if not envelope.startswith(b"$ANSIBLE_VAULT"):
            raise AnsibleError("no vault")
        return b"decrypted"

    return read_source(src, content, decrypt)


def refused(src: Any, **files: str | bytes) -> str:
    with pytest.raises(AnsibleActionFail) as caught:
        read(src, **files)
    assert caught.value.__cause__ is None
    message = str(caught.value)
    assert SECRET not in message
    assert HASH[20:] not in message
    return message


def test_yaml_and_json_hold_the_lists_as_the_module_takes_them() -> None:
    text = json.dumps(WHOLE)
    assert read("all.json", all_json=text) == WHOLE
    assert read("all.YML", all_YML=text) == WHOLE
    assert read("all.yaml", all_yaml="domains:\nmailboxes: [{address: a@example.com, quota: 5G}]\n") == {
        "domains": [],
        "mailboxes": [{"address": "a@example.com", "quota": "5G"}],
    }
    assert read({"domains": "d.yml"}, d_yml="- name: example.com\n  description: 2024-01-02\n") == {
        "domains": [{"name": "example.com", "description": "2024-01-02"}]
    }


def test_yaml_knows_ansibles_tags() -> None:
    text = """
- address: a@example.com
  password: !vault |
    $ANSIBLE_VAULT;1.1;AES256
    00
  display_name: !unsafe "{{ a }}"
"""
    assert read({"mailboxes": "a.yml"}, a_yml=text) == {
        "mailboxes": [{"address": "a@example.com", "password": "decrypted", "display_name": "{{ a }}"}]
    }


def test_csv_has_an_object_a_line_and_leaves_out_what_is_empty() -> None:
    expected = [
        {"address": "alice@example.com", "password_hash": HASH, "quota": "5G"},
        {"address": "bob@example.com", "password_hash": "*"},
    ]
    assert read("people.csv", people_csv=PEOPLE) == {"mailboxes": expected}
    assert read({"mailboxes": "people.csv"}, people_csv=PEOPLE) == {"mailboxes": expected}
    assert read({"mailboxes": "none.csv"}, none_csv="address,state\n") == {"mailboxes": []}


def test_app_passwords_are_told_apart_by_mailbox_and_name() -> None:
    text = "mailbox,name,password\na@example.com,phone,one two\nA@example.com,Phone,x\nb@example.com,phone,x\n"
    assert [entry["name"] for entry in read("p.csv", p_csv=text)["app_passwords"]] == ["phone", "Phone", "phone"]
    twice = refused("p.csv", p_csv=f"{text}A@example.com,phone,{SECRET}\n")
    assert twice == ("p.csv, line 5, column name: A@example.com/phone stands in line 2 too; leave one of the two out")
    assert "p.csv, line 2, column name: is empty" in refused("p.csv", p_csv="mailbox,name\na@example.com,\n")
    assert "has no column mailbox" in refused({"app_passwords": "p.csv"}, p_csv="name,expires\nphone,never\n")
    dated = refused("p.csv", p_csv="mailbox,name,expires\na@example.com,phone,tomorrow\n")
    assert dated.startswith("p.csv, line 2, column expires: expires of app password a@example.com/phone 'tomorrow'")


@pytest.mark.parametrize(
    "content",
    [
        PEOPLE.encode(),
        codecs.BOM_UTF8 + PEOPLE.encode(),
        PEOPLE.encode("utf-16"),
        PEOPLE.replace("\n", "\r\n").encode(),
        PEOPLE.replace(",", ";").encode(),
        PEOPLE.replace(",", "\t").encode(),
        codecs.BOM_UTF8 + b"sep=;\r\n" + PEOPLE.replace(",", ";").encode(),
        PEOPLE.replace("address,", '" Address",').encode(),
        PEOPLE.replace("\n", ",,\n").replace("quota,,", "quota").encode(),
        b"\n" + PEOPLE.replace("\n", "\n,,\n").encode(),
    ],
)
def test_csv_as_spreadsheets_write_it(content: bytes) -> None:
    assert read("people.csv", people_csv=content) == read("people.csv", people_csv=PEOPLE)


def test_a_byte_order_mark_is_simply_read() -> None:
    for name in ("all.json", "all.yml"):
        content = codecs.BOM_UTF8 + json.dumps(WHOLE).encode()
        assert read(name, **{name.replace(".", "_"): content}) == WHOLE


def test_columns_tell_the_kind() -> None:
    assert read("d.csv", d_csv="name,active\nexample.com,FALSE\n") == {
        "domains": [{"name": "example.com", "active": "FALSE"}]
    }
    assert read("a.csv", a_csv='address,destinations\n@example.com,"a@example.com, b@example.com;c@example.com"\n') == {
        "aliases": [
            {"address": "@example.com", "destinations": ["a@example.com", "b@example.com", "c@example.com"]},
        ]
    }
    assert read("p.csv", p_csv="mailbox;name;protocols;expires\na@example.com;a/b;imap smtp;2030-01-31\n") == {
        "app_passwords": [
            {"mailbox": "a@example.com", "name": "a/b", "protocols": ["imap", "smtp"], "expires": "2030-01-31"}
        ]
    }
    assert "the columns are those of mailboxes and aliases; " in refused("x.csv", x_csv="address,state\n")
    assert "the columns are not those of domains, mailboxes, aliases, app_passwords; " in refused(
        "x.csv", x_csv=f"{SECRET},x\n"
    )


def test_a_password_keeps_its_spaces_quotes_and_zeros() -> None:
    text = 'address,password\na@example.com," a ""b"" "\nb@example.com,0123\n'
    assert [entry["password"] for entry in read("p.csv", p_csv=text)["mailboxes"]] == [' a "b" ', "0123"]


def test_files_follow_one_another() -> None:
    files = {"people_csv": PEOPLE, "more_yml": "- {address: carol@example.com}", "all_json": json.dumps(WHOLE)}
    found = read({"mailboxes": ["people.csv", "more.yml"], "domains": None}, **files)
    assert [entry["address"] for entry in found["mailboxes"]] == [
        "alice@example.com",
        "bob@example.com",
        "carol@example.com",
    ]
    assert len(read(["all.json", "people.csv"], **files)["mailboxes"]) == 3
    assert read([]) == read({}) == read("") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "p.csv, line 1: has no column address; the first line names the columns"),
        (f"alice@example.com,{HASH}\n", "p.csv, line 1: has no column address"),
        ("quota,password\n", "p.csv, line 1: has no column address"),
        (f"\naddress,{SECRET}\n", "p.csv, line 2, column 2: is no option of mailboxes; known are active, address, "),
        ("address,quota,Quota\n", "p.csv, line 1, column 3: quota is the name of an earlier column too"),
        ("address,password,quota\na@example.com\n", "p.csv, line 2, column password: is missing, the line ends"),
        (f"address,password\na@example.com,{SECRET},x\n", "p.csv, line 2: has 3 columns, and the header has 2; put"),
        (f"address,password\n,{SECRET}\n", "p.csv, line 2, column address: is empty; give one"),
        (f'address,password\na@example.com,"{SECRET}\n', "p.csv, line 2: is no CSV (unexpected end of data)"),
        (f'address,password\na@example.com,"{SECRET}"x\n', "p.csv, line 2: is no CSV ("),
        (
            'address,display_name,quota\na@example.com,"two\nlines? no",1G\nb@example.com,,1G\n',
            "p.csv, line 2, column display_name: display_name of mailbox a@example.com 'two\\nlines? no': has the",
        ),
        (
            'address,display_name,quota\na@example.com,"two",1G\n\nb@example.com,B,much\n',
            "p.csv, line 4, column quota: quota of mailbox b@example.com 'much': is not a size; give bytes",
        ),
        ("address,active\na@example.com,perhaps\n", "line 2, column active: active of mailbox a@example.com 'perhaps'"),
        ("address,quota\nalice,1G\n", "p.csv, line 2, column address: mailbox address 'alice': has no @"),
        (f"address,password_hash\na@example.com,{SECRET}\n", "p.csv, line 2, column password_hash: "),
        (
            f"address,password,password_hash\na@example.com,{SECRET},*\n",
            "p.csv, line 2: mailbox a@example.com: password and password_hash are both given",
        ),
        (
            "address,quota\nA@example.com,1G\nb@example.com,1G\na@EXAMPLE.com,1G\n",
            "p.csv, line 4, column address: a@EXAMPLE.com stands in line 2 too; leave one of the two out",
        ),
        (
            "address,quota\na@b\u00fccher.example,1G\na@xn--bcher-kva.example.,1G\n",
            "p.csv, line 3, column address: a@xn--bcher-kva.example. stands in line 2 too; leave one of the two out",
        ),
        ("sep=;\naddress;quota\na@example.com;much\n", "p.csv, line 3, column quota: quota of mailbox a@example.com"),
    ],
)
def test_csv_with_a_mistake_is_refused_with_line_and_column(text: str, told: str) -> None:
    assert told in refused({"mailboxes": "p.csv"}, p_csv=text)


def test_options_that_are_lists_or_dictionaries_fit_into_a_cell() -> None:
    text = (
        "address;password;password_scheme;password_options;protocols\n"
        f"a@example.com;{SECRET};ARGON2ID;memory=1024, passes=4;imap, smtp\n"
        f'b@example.com;{SECRET};;"{{""passes"": 4}}";imap sieve\n'
    )
    options = ("password_options", "protocols")
    assert [[entry[name] for name in options] for entry in read("p.csv", p_csv=text)["mailboxes"]] == [
        ["memory=1024, passes=4", ["imap", "smtp"]],
        ['{"passes": 4}', ["imap", "sieve"]],
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"protocols": ["imap", "ldap"]}, "protocols of mailbox a@example.com 'ldap': is not known; give imap or pop3"),
        ({"password_options": {"speed": 4}}, "speed"),
        ({"password_options": {"passes": "many"}}, "'many'"),
        ({"password_options": 5}, "password_options of mailbox a@example.com"),
        ({"password_scheme": "ROT13"}, "ROT13"),
        ({"active": "perhaps"}, "active of mailbox a@example.com 'perhaps': is no boolean; give true or false"),
        ({"update_password": "never"}, "update_password of mailbox a@example.com 'never': is not known; give always"),
        ({"quota": "-1"}, "quota of mailbox a@example.com '-1'"),
    ],
)
def test_every_form_judges_every_option(options: dict[str, Any], told: str) -> None:
    entry = {"address": "a@example.com", **options}
    files = {"m_json": json.dumps([entry]), "m_yml": yaml.safe_dump([entry])}
    for name in ("m.json", "m.yml"):
        message = refused({"mailboxes": name}, **files)
        assert message.startswith(f"{name}: mailboxes[1]: ")
        assert told in message
    ((column, value),) = options.items()
    cell = (
        " ".join(f"{name}={one}" for name, one in value.items())
        if isinstance(value, dict)
        else " ".join(value)
        if isinstance(value, list)
        else str(value)
    )
    message = refused({"mailboxes": "m.csv"}, m_csv=f"address,{column}\na@example.com,{cell}\n")
    assert message.startswith(f"m.csv, line 2, column {column}: ")
    assert told in message


def test_types_of_domains_and_aliases_are_judged_too() -> None:
    told = refused("d.csv", d_csv="name,max_mailboxes\nexample.com,many\n")
    assert told.startswith("d.csv, line 2, column max_mailboxes: max_mailboxes of domain example.com 'many': is not a")
    told = refused("a.csv", a_csv="address,destinations\ninfo@example.com,a@b@c\n")
    assert told.startswith("a.csv, line 2, column destinations: address in destinations of alias info@example.com")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "", "a.json, line 1, column 1: Expecting value"),
        ("a.json", f'{{"mailboxes": [\n"{SECRET}" 1]}}', "a.json, line 2, column 17: Expecting ',' delimiter"),
        ("a.json", "[" * 100_000, "a.json: has a number too long or lists too deep"),
        ("a.yml", f"mailboxes:\n- password: *{SECRET}\n", "a.yml, line 2, column 13: found undefined alias"),
        ("a.yml", f"mailboxes:\n- password: !{SECRET} x\n", "a.yml, line 2, column 13: could not determine a"),
        ("a.yml", f'mailboxes:\n- password: "{SECRET}\n', "a.yml, line 3, column 1: found unexpected end of stream"),
        ("a.yml", "domains:\n- description: \x07\n", "a.yml: has a character, number or date that YAML does not take"),
        ("a.yml", "domains:\n- description: 2024-13-45\n", "a.yml: has a character, number or date that YAML"),
        ("a.yml", f"mailboxes:\n- password: !vault {SECRET}\n", "a.yml, line 2: the value cannot be decrypted"),
        ("a.yml", "", "a.yml: is no dictionary with domains, mailboxes, aliases"),
        ("a.yml", "- name: example.com\n", "a.yml: is no dictionary with domains, mailboxes, aliases"),
        ("a.yml", "mailbox: []\n", "a.yml: mailbox is not known; known are domains, mailboxes, aliases"),
        ("a.yml", "mailboxes: {}\n", "a.yml: mailboxes is no list"),
        ("a.yml", "mailboxes: [x]\n", "a.yml: mailboxes[1]: mailbox 'str': is no dictionary"),
        ("a.yml", "mailboxes: [{address: a@example.com, password: 2024-01-02}]\n", "is a date, which YAML makes of"),
        ("a.yml", "mailboxes: [{address: a@example.com, password: 0123}]\n", "put it in quotes"),
        (
            "a.yml",
            "mailboxes: [{address: a@example.com}, {address: b@example.com, quota: [1]}]\n",
            "a.yml: mailboxes[2]: quota of mailbox b@example.com [1]: is not a size",
        ),
        ("a.yml", b"domains:\n- name: b\xfccher.example\n", "a.yml, line 2: is not UTF-8; save the file as that"),
        (
            "a.yml",
            "mailboxes:\n- address: a@example.com\n  quota: 1G\n  quota: 2G\n",
            "a.yml, line 4, column 3: the same key stands above; leave one of the two out",
        ),
        (
            "a.json",
            '{"mailboxes": [{"quota": "1G", "quota": "2G"}]}',
            "a.json: the key quota stands twice in one object",
        ),
        ("a.json", f'{{"{SECRET}": 1, "{SECRET}": 2}}', "a.json: the key (hidden) stands twice in one object"),
        ("a.csv", "address,password_hash,quotta\n", "a.csv, line 1, column 3: is no option of mailboxes; known are"),
        ("a.csv", "password_hash,quota\n", "a.csv, line 1: has no column address"),
        ("a.txt", "", "src: a.txt ends in none of .yml, .yaml, .json and .csv, which tell what is in it"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_name(name: str, text: str | bytes, told: str) -> None:
    assert told in refused(name, **{name.replace(".", "_"): text})


@pytest.mark.parametrize(
    ("src", "told"),
    [
        (5, "src: is no file; give a file, a list of files, or files by kind such as {mailboxes: people.csv}"),
        ([["a.yml"]], "src: is no file; "),
        ([""], "src: is no file; "),
        ({"mailbox": "a.yml"}, "src: mailbox is not known; kinds are domains, mailboxes, aliases"),
        ({"mailboxes": {"a": "b"}}, "src: is no file; "),
    ],
)
def test_what_names_no_files_is_refused(src: Any, told: str) -> None:
    assert re.match(re.escape(told), refused(src))


def test_a_file_of_one_kind_is_a_list() -> None:
    assert refused({"mailboxes": "a.yml"}, a_yml="mailboxes: []\n") == "a.yml: is no list of mailboxes"
