# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Postfix for the tests: its programs answer from the copy that they are pointed at, and count how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ansible_collections.mailwright.mail.plugins.module_utils.postfix.configuration import Configuration
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.main_cf import MainCf
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.master_cf import MasterCf
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.staging import Outcome

MAIN = "# a comment\nbiff = no\nrelayhost = \n"
MASTER = "smtp      inet  n       -       y       -       -       smtpd\n"
DEFAULTS = {
    "biff": "yes",
    "default_transport": "smtp",
    "daemon_directory": "/usr/lib/postfix/sbin",
    "inet_interfaces": "all",
    "mail_version": "3.10.5",
    "message_size_limit": "10240000",
    "relayhost": "",
    "sender_dependent_default_transport_maps": "",
    "sender_dependent_relayhost_maps": "",
    "smtp_dns_support_level": "",
    "smtp_fallback_relay": "",
    "smtp_host_lookup": "dns",
    "smtp_sasl_auth_enable": "no",
    "smtp_sasl_mechanism_filter": "",
    "smtp_sasl_password_maps": "",
    "smtp_sasl_security_options": "noplaintext, noanonymous",
    "smtp_sasl_tls_security_options": "$smtp_sasl_security_options",
    "smtp_tls_CAfile": "",
    "smtp_tls_CApath": "",
    "smtp_tls_policy_maps": "",
    "smtp_tls_wrappermode": "no",
    "smtpd_milters": "",
    "smtpd_tls_security_level": "",
    "syslog_name": "postfix",
    "transport_maps": "",
}


@dataclass
class FakePrograms:
    """Postfix's programs. ``calls`` are the ones that were run, ``refuses`` makes ``postfix check`` refuse it.

    ``postmap`` makes an index that holds its type and the table's text, and refuses a text with ``unindexable``.
    """

    is_installed: bool = True
    refuses: str = ""
    map_types: tuple[str, ...] = ("lmdb", "hash")
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def installed(self) -> bool:
        return self.is_installed

    def daemons(self, directory: str) -> frozenset[str]:
        assert directory == DEFAULTS["daemon_directory"]
        return frozenset({"smtpd", "smtp", "pipe"})

    def run(self, *command: str) -> Outcome:
        self.calls.append(command)
        program, *arguments = command
        directory = Path(arguments[arguments.index("-c") + 1]) if "-c" in arguments else None
        main = MainCf((directory / "main.cf").read_text(errors="surrogateescape") if directory else "").values()
        if program == "postfix":
            refused = self.refuses and self.refuses in main.values()
            return Outcome(1, "", f"postfix: fatal: refused: {directory}/main.cf\n") if refused else Outcome(0, "", "")
        assert program in ("postconf", "postmap")
        if program == "postmap" and "-q" not in arguments:
            return self._index(arguments[-1])
        if program == "postmap":
            good = main.get("inet_interfaces") != "192.0.2.9"
            return Outcome(0, "value\n", "") if good else Outcome(1, "", "postmap: fatal: no local interface\n")
        return self._postconf(arguments[-1], directory, main)

    def _index(self, table: str) -> Outcome:
        kind, _colon, name = table.partition(":")
        source = Path(name)
        assert kind in self.map_types
        if "unindexable" in source.read_text():
            return Outcome(1, "", f"postmap: fatal: {name}: no\n")
        Path(name + {"lmdb": ".lmdb", "hash": ".db"}[kind]).write_text(f"{kind}\n{source.read_text()}")
        return Outcome(0, "", "")

    def _postconf(self, option: str, directory: Path | None, main: dict[str, str]) -> Outcome:
        if option == "-d" or (directory and directory.name == "plain" and option == "-x"):
            return Outcome(0, _lines(DEFAULTS), "")
        if option in ("-m", "-a", "-A", "-l"):
            return Outcome(0, "\n".join(self.map_types) if option == "-m" else "", "")
        assert directory is not None
        master_file = directory / "master.cf"
        services = MasterCf(master_file.read_text()).services() if master_file.exists() else {}
        options = {
            f"{key}/{name}": value for key, service in services.items() for name, value in service.options.items()
        }
        warnings = [f"{directory}/main.cf: unused parameter: {key}={main[key]}" for key in main if key not in DEFAULTS]
        warnings += [
            f"{directory}/master.cf: unused parameter: {key.rsplit('/', 1)[1]}={value}"
            for key, value in options.items()
            if key.rsplit("/", 1)[1] not in DEFAULTS
        ]
        output = {"-n": _lines(main), "-x": _lines({**DEFAULTS, **main}), "-M": "", "-P": _lines(options)}
        errors = "".join(f"postconf: warning: {warning}\n" for warning in warnings)
        return Outcome(0, output[option], errors)


def _lines(values: dict[str, str]) -> str:
    return "".join(f"{name} = {value}\n" if value else f"{name} =\n" for name, value in values.items())


@pytest.fixture
def programs() -> FakePrograms:
    """Postfix's programs."""
    return FakePrograms()


@pytest.fixture
def configuration(tmp_path: Path, programs: FakePrograms) -> Configuration:
    """A configuration directory as a package would bring it."""
    directory = tmp_path / "etc" / "postfix"
    directory.mkdir(parents=True)
    (directory / "main.cf").write_text(MAIN)
    (directory / "master.cf").write_text(MASTER)
    (tmp_path / "work").mkdir()
    return Configuration(str(directory), str(tmp_path / "owned.json"), str(tmp_path / "work"), programs)
