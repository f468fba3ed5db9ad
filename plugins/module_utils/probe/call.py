# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four probes: a module's options in, what it returns out. Nothing on the server is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..core.addresses import parse_domain
from ..core.errors import InvalidValue
from ..core.text import readable
from .imap import Imap
from .logs import lines
from .pop3 import Pop3
from .relaying import Spelling, spellings, try_all
from .session import Session
from .sieve import Sieve
from .smtp import Smtp
from .steps import StepFailed
from .target import Login, login_from, printable, target_from
from .tls import check_trust

Result = dict[str, Any]
# Talks in the session, fills in what was found, and returns what was shown in words.
_Talk = Callable[[Session, Result], list[str]]


def probe_smtp(params: Mapping[str, Any]) -> Result:
    """Return what `smtp_probe` returns for ``params``.

    Raises:
        MailwrightError: an option is wrong, or a library or file is missing. What the server does is in the result.
    """
    recipients = [_address("recipients", one) for one in params["recipients"]]
    username = params["username"] or ""
    sender = params["sender"] if params["sender"] is not None else username if "@" in username else ""
    attempts: tuple[Spelling, ...] = ()
    if sender:
        _address("sender", sender)
    if params["relay_checks"]:
        if not params["own_domain"]:
            raise InvalidValue(
                "own_domain", params["own_domain"], "is missing", "relay_checks needs a domain of the host's"
            )
        recipient = _address("relay_recipient", params["relay_recipient"])
        if "@" not in recipient:
            raise InvalidValue("relay_recipient", recipient, "is no address", "give one of another domain")
        attempts = spellings(parse_domain(params["own_domain"], "own_domain"), recipient)
    if params["helo_name"] and not printable("helo_name", params["helo_name"]).isascii():
        raise InvalidValue("helo_name", params["helo_name"], "is not ASCII", "give a host name")

    def talk(session: Session, found: Result) -> list[str]:
        smtp = Smtp(session, params["helo_name"])
        try:
            smtp.open()
            if session.login is not None:
                smtp.log_in(session.login)
            if recipients:
                smtp.envelope(sender, recipients)
            smtp.leave()
        finally:
            found |= {
                "auth_before_tls": smtp.auth_before_tls,
                "auth_after_tls": smtp.auth_after_tls,
                "mechanism": smtp.mechanism,
            }
        shown = [f"it would take mail for {', '.join(recipients)}"] if recipients else []
        if attempts:
            # A conversation of its own, so that no login allows what a stranger may not.
            other = Session(session.target, None, session.steps, "relay_", session.limits)
            try:
                stranger = Smtp(other, params["helo_name"])
                stranger.open()
                found["relay"] = [attempt.shown() for attempt in try_all(stranger, attempts)]
                open_for = [attempt for attempt in found["relay"] if not attempt["refused"]]
                if open_for:
                    raise StepFailed("; ".join(attempt["message"] for attempt in open_for))
                stranger.leave()
            finally:
                other.close()
            shown.append(f"it refuses to relay in all {len(attempts)} spellings")
        return shown

    found: Result = {"auth_before_tls": [], "auth_after_tls": [], "mechanism": None, "relay": []}
    return _probe("smtp", params, talk, found)


def probe_imap(params: Mapping[str, Any]) -> Result:
    """Return what `imap_probe` returns for ``params``; raises as `probe_smtp`."""
    folder, criterion = printable("folder", params["folder"]), printable("search", params["search"])
    if not criterion.isascii():
        raise InvalidValue("search", criterion, "is not ASCII", "give criteria of IMAP such as ALL or UNSEEN")

    def talk(session: Session, found: Result) -> list[str]:
        imap = Imap(session)
        imap.open()
        shown = []
        if session.login is not None:
            imap.log_in(session.login)
            found["folders"] = [session.steps.clean(name) for name in imap.folders()]
            quota = imap.quota(folder)
            found["quota"] = quota.shown() if quota else None
            found["messages"] = imap.examine(folder)
            found["matches"] = len(imap.search(criterion))
            shown = [f"{folder} has {found['messages']} messages"]
        imap.leave()
        return shown

    return _probe("imap", params, talk, {"folders": [], "quota": None, "messages": None, "matches": None})


def probe_pop3(params: Mapping[str, Any]) -> Result:
    """Return what `pop3_probe` returns for ``params``; raises as `probe_smtp`."""

    def talk(session: Session, found: Result) -> list[str]:
        pop3 = Pop3(session)
        pop3.open()
        shown = []
        if session.login is not None:
            pop3.log_in(session.login)
            found["messages"], found["size"] = pop3.stat()
            shown = [f"the mailbox has {found['messages']} messages"]
        pop3.leave()
        return shown

    return _probe("pop3", params, talk, {"messages": None, "size": None})


def probe_sieve(params: Mapping[str, Any]) -> Result:
    """Return what `sieve_probe` returns for ``params``; raises as `probe_smtp`."""

    def talk(session: Session, found: Result) -> list[str]:
        sieve = Sieve(session)
        sieve.open()
        found["extensions"] = session.steps.clean(sieve.offered.get("SIEVE", "")).split()
        shown = []
        if session.login is not None:
            sieve.log_in(session.login)
            found["scripts"] = [
                {**script.shown(), "name": session.steps.clean(script.name)} for script in sieve.scripts()
            ]
            shown = [f"the user has {len(found['scripts'])} scripts"]
        sieve.leave()
        return shown

    return _probe("sieve", params, talk, {"extensions": [], "scripts": []})


def end(module: AnsibleModule, result: Result) -> None:
    """Leave the module with a probe's ``result``, which fails it unless the caller wants it otherwise."""
    module.params, result = readable(module.params), readable(result)
    if not result["success"] and module.params["fail_on"] == "error":
        module.fail_json(msg=result["message"], **result)
    module.exit_json(changed=False, **result)


def _probe(protocol: str, params: Mapping[str, Any], talk: _Talk, found: Result) -> Result:
    target = target_from(protocol, params)
    login = login_from(params, target)
    check_trust(target)
    session = Session(target, login)
    place = f"[{target.host}]:{target.port}" if ":" in target.host else f"{target.host}:{target.port}"
    try:
        shown = talk(session, found)
        success, message = True, "; ".join([_greeting(session, place, login), *shown])
    except StepFailed as error:
        success, message = False, f"{_failed(session)}: {error}"
    finally:
        session.close()
    message = session.steps.clean(message)
    log = lines(target, login, session.steps.steps, message, success=success)
    return {"success": success, "message": message, "logs": [session.steps.clean(line) for line in log],
            **session.shown(), **found}  # fmt: skip


def _greeting(session: Session, place: str, login: Login | None) -> str:
    secured = session.secured
    how = f"with {secured.version}" if secured else "without TLS"
    return f"{place} answers {how}" + (f" and takes the login of {login.username}" if login else "")


def _failed(session: Session) -> str:
    """Return the name of the step that failed."""
    return next((step.name for step in session.steps.steps if not step.success), "probe")


def _address(option: str, value: str) -> str:
    printable(option, value)
    if not value.isascii() or any(character in "<> " for character in value):
        raise InvalidValue(option, value, "is no address", "give one such as alice@example.com")
    return value
