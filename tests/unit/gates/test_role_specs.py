# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of argument_specs.yml with defaults/main.yml fails on every difference that matters."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gates import role_specs

WANTED = {"demo_path": "/srv", "demo_names": ["a"], "demo_on": True, "demo_domains": "{{ mail_domains | default([]) }}"}
SPECIFIED = {
    "demo_path": {"type": "path", "default": "/srv"},
    "demo_names": {"type": "list", "elements": "str", "default": ["a"]},
    "demo_on": {"type": "bool", "default": True},
    "demo_domains": {"type": "list", "elements": "dict", "default": []},
    "demo_given": {"type": "str", "required": True},
}


def test_equal_sets_have_no_difference() -> None:
    assert role_specs.differences("demo", WANTED, SPECIFIED) == []


@pytest.mark.parametrize(
    ("wanted", "specified", "expected"),
    [
        ({"demo_new": 1}, {}, "demo_new has a default and is not in argument_specs.yml"),
        (
            {"demo_path": "/mnt"},
            {},
            "demo_path has the default '/srv' in argument_specs.yml; defaults/main.yml makes it '/mnt'",
        ),
        ({"demo_names": ["a", "b"]}, {}, "defaults/main.yml makes it ['a', 'b']"),
        ({"demo_on": 1}, {}, "demo_on has the default True in argument_specs.yml; defaults/main.yml makes it 1"),
        ({"demo_domains": "{{ mail_domains | default(['x']) }}"}, {}, "defaults/main.yml makes it ['x']"),
        ({"demo_given": "x"}, {}, "demo_given is required in argument_specs.yml and has a default"),
        ({}, {"demo_more": {"type": "int", "default": 3}}, "has a default in argument_specs.yml and none in defaults"),
        ({}, {"demo_names": {"type": "list", "default": ["a"]}}, "demo_names is a list and has no elements"),
        ({}, {"demo_path": {"default": "/srv"}}, "demo_path has no type"),
        ({"other": 1}, {"other": {"type": "int", "default": 1}}, "other does not start with the role's name"),
    ],
)
def test_each_difference_is_named(wanted: dict, specified: dict, expected: str) -> None:
    (found,) = role_specs.differences("demo", WANTED | wanted, SPECIFIED | specified)
    assert expected in found


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        ("{{ mail_domains | default([]) }}", ("mail_domains", [])),
        ("{{ mail_domains | default([]) | mailwright.mail.domains_for('dns') }}", ("mail_domains", [])),
        ("{{ mail_relays | default([]) | mailwright.mail.relays_for('relay') }}", ("mail_relays", [])),
        ("{{ mail_domains | default([]) | length }}", None),
        ("{{ mail_tls | default(true) }}", ("mail_tls", True)),
        ("{{ mail_backend | default('sqlite') }}", ("mail_backend", "sqlite")),
        ("{{ mail_hostname | default(inventory_hostname) }}", None),
        ("{{ demo_other }}", None),
        ("plain", None),
        (["mail_domains"], None),
        ("{{ mail_accounts_database.port | default(5432) }}", ("mail_accounts_database.port", 5432)),
    ],
)
def test_site_input(default: object, expected: object) -> None:
    assert role_specs.site_input(default) == expected


def test_files_of_a_role_are_compared(tmp_path: Path) -> None:
    for name, content in (
        ("defaults/main.yml", {"demo_port": 25}),
        (
            "meta/argument_specs.yml",
            {"argument_specs": {"main": {"options": {"demo_port": {"type": "int", "default": 26}}}}},
        ),
    ):
        path = tmp_path / "roles/demo" / name
        path.parent.mkdir(parents=True)
        path.write_text(yaml.safe_dump(content))
    (problem,) = role_specs.check(tmp_path)
    assert str(problem).startswith("roles/demo/meta/argument_specs.yml: demo_port has the default 26")
