# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform of our own, and a host that the modules run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cybermail.running import Running, running

from ansible_collections.mailwright.mail.plugins.module_utils.cybermail import retry

if TYPE_CHECKING:
    from cybermail.calling import Host, RunModule

pytest.register_assert_rewrite("cybermail.calling")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificate")


@pytest.fixture
def platform(certificate: Path) -> Iterator[Running]:
    with running(certificate) as one:
        yield one


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.01)


@pytest.fixture
def host(platform: Running, run_module: RunModule, tmp_path: Path) -> Host:
    from cybermail.calling import Host

    return Host(platform, run_module, tmp_path)


@pytest.fixture
def connected(host: Host) -> Host:
    assert host.connect()["changed"] is True
    return host
