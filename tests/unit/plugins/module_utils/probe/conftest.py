# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of the tests, and the probes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from probed.calling import SERVERS, Probe, Serve, run
from probed.certificates import Authority
from probed.server import Probed


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def serve(authority: Authority) -> Iterator[Serve]:
    """Start a server of a protocol; it presents a good certificate unless told otherwise."""
    with ExitStack() as stack:

        def start(protocol: str, **given: Any) -> Probed:
            given.setdefault("certificate", authority.certificate("localhost", "127.0.0.1"))
            return stack.enter_context(Probed(SERVERS[protocol], **given))

        yield start


@pytest.fixture
def probe(authority: Authority) -> Probe:
    return partial(run, authority.ca_file)
