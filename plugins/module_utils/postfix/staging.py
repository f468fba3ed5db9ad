# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything of this package that touches files or runs programs: read, stage, gather evidence, write.

Programs are run with ``-c DIRECTORY`` and a plain environment (C locale, no MAIL_CONFIG of the caller's).
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..core import ledger as core_ledger
from ..core.errors import Conflict, Unavailable
from ..core.files import holding, read_bytes, write_atomic
from ..core.ledger import Ledger
from .enumerations import Postfix, parse_version
from .main_cf import MainCf
from .master_cf import MasterCf
from .plan import Found, PostconfPlan
from .validate import Evidence

FILES = ("main.cf", "master.cf")
_DIRECTORIES = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
# Lookup tables may be large, and the programs that judge main.cf and master.cf do not read them.
_EMPTY_ABOVE = 1024 * 1024
_UNUSED = re.compile(r"warning: \S*/(main|master)\.cf: unused parameter: ([^=\s]+)=")
_UNDEFINED = re.compile(r"warning: \S*/(?:main|master)\.cf: undefined parameter: (\S+)")
_OVERRIDE = re.compile(r"([^/\s]+/[^/\s]+)/(\S+) =(?: (.*))?")
_TIMEOUT = 60
_OLD = 0


@dataclass(frozen=True)
class Outcome:
    """What a program left: its exit status and both outputs."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True)
class Staged:
    """A copy of a configuration in ``directory``, and in ``plain`` one that sets nothing, for questions about Postfix.

    Postfix's programs answer no question from a configuration that has a bad number in it.
    """

    directory: str
    plain: str


class Programs(Protocol):
    """Postfix's programs, so that tests can put others in their place."""

    def installed(self) -> bool:
        """Whether Postfix is there at all."""

    def run(self, *command: str) -> Outcome:
        """Run ``command`` (name and arguments)."""

    def daemons(self, directory: str) -> frozenset[str]:
        """Return the names of the programs in ``directory``."""


class RealPrograms:
    """The programs of the host."""

    def installed(self) -> bool:
        """Whether Postfix is there at all."""
        return shutil.which("postconf", path=_DIRECTORIES) is not None

    def run(self, *command: str) -> Outcome:
        """Run ``command``.

        Raises:
            Unavailable: it cannot be run, or does not end.
        """
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
                env={"PATH": _DIRECTORIES, "LC_ALL": "C"},
                encoding="utf-8",
                errors="surrogateescape",
            )
        except FileNotFoundError as error:
            raise Unavailable(f"{command[0]} is not installed; install the package postfix") from error
        except OSError as error:
            raise Unavailable(f"{command[0]} cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{command[0]} did not end within {_TIMEOUT} s") from error
        return Outcome(done.returncode, done.stdout, done.stderr)

    def daemons(self, directory: str) -> frozenset[str]:
        """Return the names of the programs in ``directory``."""
        try:
            return frozenset(entry.name for entry in os.scandir(directory) if os.access(entry.path, os.X_OK))
        except OSError as error:
            raise Unavailable(f"daemon_directory {directory} cannot be read: {error.strerror}") from error


class Inspector:
    """Asks an installed Postfix; what does not depend on the configuration is asked once."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._postfix: Postfix | None = None
        self._plain_defaults: dict[str, str] | None = None

    def default(self, name: str) -> str | None:
        """Return Postfix's own default of ``name``, unexpanded; ``None`` where Postfix is not installed."""
        if self._plain_defaults is None:
            installed = self._programs.installed()
            self._plain_defaults = _assignments(self._ask("postconf", "-d")) if installed else {}
        return self._plain_defaults.get(name, "") if self._plain_defaults else None

    def evidence(self, copy: Staged, shown_as: str) -> Evidence:
        """Return what Postfix says of the configuration in ``copy``, which messages call ``shown_as``."""
        directory = copy.directory
        main = MainCf(decode(read_bytes(Path(directory, "main.cf"))) or "")
        master = MasterCf(decode(read_bytes(Path(directory, "master.cf"))) or "")
        set_names = self._programs.run("postconf", "-c", directory, "-n")
        values = self._programs.run("postconf", "-c", directory, "-x")
        outcomes = [set_names, values]
        overrides = Outcome(0, "", "")
        if Path(directory, "master.cf").exists():
            overrides = self._programs.run("postconf", "-c", directory, "-P", "-x")
            outcomes += [self._programs.run("postconf", "-c", directory, "-M"), overrides]
        unreadable = tuple(dict.fromkeys(_refusal(o, directory, shown_as) for o in outcomes if o.status))
        expanded = _assignments(values.output)
        daemon_directory = expanded.get("daemon_directory", "")
        return Evidence(
            postfix=self._about(copy.plain),
            main=main.values(),
            master=master,
            values=expanded,
            overrides=_overrides(overrides.output),
            unused=tuple(dict.fromkeys((f"{m[1]}.cf", m[2]) for o in outcomes for m in _UNUSED.finditer(o.errors))),
            undefined=tuple(dict.fromkeys(m[1] for o in outcomes for m in _UNDEFINED.finditer(o.errors))),
            unreadable=unreadable,
            map_types=self._words(copy.plain, "-m"),
            daemons=self._programs.daemons(daemon_directory) if daemon_directory else frozenset(),
            daemon_directory=daemon_directory,
        )

    def reading(self, copy: Staged, shown_as: str) -> str | None:
        """Return why a program that reads main.cf as each daemon does (numbers, addresses) refuses it, else ``None``.

        It changes nothing, but a refusal stands in the mail log, too.
        """
        return self._judged(copy, shown_as, "postmap", "-c", copy.directory, "-q", "key", "static:value")

    def check(self, copy: Staged, shown_as: str) -> str | None:
        """Return why ``postfix check`` refuses the configuration in ``copy``, ``None`` if it does not.

        It also creates missing queue directories, so it belongs to a run, not to check mode.
        """
        return self._judged(copy, shown_as, "postfix", "-c", copy.directory, "check")

    def _judged(self, copy: Staged, shown_as: str, *command: str) -> str | None:
        outcome = self._programs.run(*command)
        return _refusal(outcome, copy.directory, shown_as) if outcome.status else None

    def _about(self, plain: str) -> Postfix:
        if self._postfix is None:
            defaults = _assignments(self._ask("postconf", "-c", plain, "-d", "-x"))
            self._postfix = Postfix(
                version=parse_version(defaults.get("mail_version", "")),
                defaults=defaults,
                server_sasl_types=self._words(plain, "-a"),
                client_sasl_types=self._words(plain, "-A"),
                lock_methods=self._words(plain, "-l"),
            )
        return self._postfix

    def _words(self, plain: str, option: str) -> frozenset[str]:
        return frozenset(self._ask("postconf", "-c", plain, option).split())

    def _ask(self, *command: str) -> str:
        outcome = self._programs.run(*command)
        if outcome.status:
            raise Unavailable(f"{' '.join(command)} failed: {outcome.errors.strip()}")
        return outcome.output


def decode(content: bytes | None) -> str | None:
    """Return a file's content as text; bytes that are no UTF-8 survive `encode`."""
    return None if content is None else content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes of a text from `decode`."""
    return text.encode("utf-8", "surrogateescape")


def read(config_dir: str, ledger_path: str) -> Found:
    """Return what is there; missing files and a missing directory are ``None``."""
    main, master = (decode(read_bytes(Path(config_dir, name))) for name in FILES)
    return Found(main, master, Ledger.read(ledger_path))


@contextmanager
def staged(config_dir: str, texts: Mapping[str, str | None], parent: str | None = None) -> Iterator[Staged]:
    """Yield a copy of the whole configuration directory in which main.cf and master.cf have ``texts``.

    It is made below ``parent`` with mode 0700, keeps modes and owners, and is removed at the end. Empty files stand in
    for large tables, and files for links: ``postfix check`` would log a warning for each link that leads elsewhere.
    """
    with tempfile.TemporaryDirectory(prefix="mailwright-postfix-", dir=parent) as top:
        target, plain = os.path.join(top, "postfix"), os.path.join(top, "plain")
        try:
            os.mkdir(plain)
            Path(plain, "main.cf").touch()
            os.utime(Path(plain, "main.cf"), (_OLD, _OLD))
            os.mkdir(target, 0o755)
            if os.path.isdir(config_dir):
                _copy_directory(config_dir, target)
            for name, text in texts.items():
                Path(target, name).unlink(missing_ok=True)
                if text is not None:
                    write_atomic(Path(target, name), encode(text), mode=0o644)
                    # Postfix's programs wait until a file is two seconds old, lest it change under their hands.
                    os.utime(Path(target, name), (_OLD, _OLD))
        except OSError as error:
            raise Unavailable(f"{config_dir} cannot be copied to be checked: {error}") from error
        yield Staged(target, plain)


def write(plan: PostconfPlan, ledger_path: str) -> None:
    """Carry ``plan`` out: what becomes ours into the ledger, then main.cf, then master.cf, then what is released.

    In this order a run that is killed anywhere leaves whole files, no value before us is lost, and the next run
    does the rest.

    Raises:
        Conflict: a file changed since it was read.
        Unavailable: a file cannot be written.
    """
    with _locked(plan.scope):
        for name in FILES:
            if decode(read_bytes(Path(plan.scope, name))) != plan.before[name]:
                raise Conflict(f"{plan.scope}/{name} was changed by somebody else during this run; run again")
        _note(plan, ledger_path, releases=False)
        for name in plan.changed_files:
            _replace(Path(plan.scope, name), encode(plan.after[name] or ""))
        _note(plan, ledger_path, releases=True)


def _note(plan: PostconfPlan, ledger_path: str, *, releases: bool) -> None:
    changes = [change for change in plan.ledger if (change.entry is None) == releases]
    if not changes:
        return
    with core_ledger.edit(ledger_path) as ledger:
        for change in changes:
            if change.entry is None:
                ledger.release(change.kind, plan.scope, change.name)
            else:
                ledger.take(change.kind, plan.scope, change.name, change.entry.before, change.entry.owner)


def _replace(path: Path, content: bytes) -> None:
    target = Path(os.path.realpath(path))
    try:
        known = target.stat()
    except FileNotFoundError:
        write_atomic(target, content, mode=0o644)
    else:
        write_atomic(target, content, mode=stat.S_IMODE(known.st_mode), uid=known.st_uid, gid=known.st_gid)


@contextmanager
def _locked(directory: str) -> Iterator[None]:
    """Hold the lock of a configuration directory, which is a lock on the directory itself."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable(f"the configuration directory {directory} cannot be opened: {error.strerror}") from error
    with holding(descriptor):
        yield


def _copy_directory(source: str, target: str) -> None:
    for entry in os.scandir(source):
        copy = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False):
            os.mkdir(copy)
            _copy_directory(entry.path, copy)
        elif entry.is_file():
            _copy_file(entry.path, copy)
    _copy_rights(source, target)


def _copy_file(source: str, target: str) -> None:
    # Nobody else may read it early: the directory above is ours alone.
    if os.stat(source).st_size > _EMPTY_ABOVE:
        Path(target).touch()
    else:
        shutil.copyfile(source, target)
    _copy_rights(source, target)


def _copy_rights(source: str, target: str) -> None:
    known = os.stat(source)
    os.chown(target, known.st_uid, known.st_gid)
    os.chmod(target, stat.S_IMODE(known.st_mode))
    os.utime(target, (_OLD, _OLD))


def _assignments(output: str) -> dict[str, str]:
    """Return what ``postconf`` prints, one ``name = value`` a line."""
    pairs = (line.partition(" =") for line in output.split("\n") if " =" in line)
    return {name: value.removeprefix(" ") for name, _equals, value in pairs}


def _overrides(output: str) -> dict[str, dict[str, str]]:
    result: dict[str, dict[str, str]] = {}
    for line in output.split("\n"):
        match = _OVERRIDE.fullmatch(line)
        if match:
            result.setdefault(match[1], {})[match[2]] = match[3] or ""
    return result


def _refusal(outcome: Outcome, directory: str, shown_as: str) -> str:
    """Return the telling lines of what a program wrote, without the values that warnings of unused names show."""
    lines = [line.strip() for line in outcome.errors.split("\n") if line.strip()]
    telling = [line for line in lines if re.search(r": (fatal|error|panic): ", line)] or [
        line for line in lines if ": warning: " not in line
    ]
    text = "; ".join(dict.fromkeys(re.sub(r"^\S*: (fatal|error): ", "", line) for line in telling))
    text = text.replace(directory, shown_as)
    return f"Postfix refuses the configuration: {text or f'exit status {outcome.status} (the mail log may say why)'}"
