# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`delivery_probe`: a message is delivered by `probe.delivery`, and judged here as it arrived."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.addresses import parse_address
from ..core.errors import Conflict, InvalidValue
from ..dns.resolver import Resolver
from ..probe.argspec import COMMON, MUTUALLY_EXCLUSIVE
from ..probe.connection import Broken
from ..probe.delivery import Delivery, Order, log_lines
from ..probe.steps import StepFailed
from ..probe.target import Login, Target, login_from, printable, target_from
from ..probe.tls import check_trust
from .message import Judged, judge
from .received import Address, Network

# What both servers have in common with those of the other probes; the times are the whole probe's.
_SERVER = {name: spec for name, spec in COMMON.items() if name not in ("timeout", "budget", "fail_on")}
REQUIREMENTS = ("dkim", "spf", "dmarc")
SPEC: dict[str, Any] = {
    "submission": {
        "type": "dict",
        "required": True,
        "options": {**_SERVER, "helo_name": {"type": "str"}},
        "mutually_exclusive": MUTUALLY_EXCLUSIVE,
    },
    "mailbox": {
        "type": "dict",
        "required": True,
        "options": {
            **_SERVER,
            "folders": {"type": "list", "elements": "str", "default": ["INBOX", "Junk"]},
        },
        "mutually_exclusive": MUTUALLY_EXCLUSIVE,
    },
    "sender": {"type": "str"},
    "recipient": {"type": "str"},
    "wait": {"type": "float", "default": 60},
    "timeout": COMMON["timeout"],
    "budget": COMMON["budget"],
    "cleanup": {"type": "bool", "default": True},
    "require": {"type": "list", "elements": "str", "choices": list(REQUIREMENTS), "default": ["dkim"]},
    "fail_on": COMMON["fail_on"],
    "client_address": {"type": "str"},
    "trusted_networks": {"type": "list", "elements": "str", "default": []},
    "authserv_id": {"type": "str", "default": ""},
    "resolvers": {"type": "list", "elements": "str", "default": []},
    "resolver_port": {"type": "int", "default": 53},
}
# What is returned of a message that did not arrive.
_NOTHING: dict[str, Any] = {"received": [], "dkim": None, "spf": None, "dmarc": None, "authentication_results": []}


def probe_delivery(params: Mapping[str, Any], *, send: bool = True) -> dict[str, Any]:
    """Return what `delivery_probe` returns for ``params`` (`SPEC`). Without ``send``, no message is sent.

    Raises:
        MailwrightError: an option is wrong, or a library or file is missing. What servers do is in the result.
    """
    order = _order(params, send=send)
    client, networks = _client(params["client_address"]), _networks(params["trusted_networks"])
    # The message has to be there before its keys are asked for, which has a time of its own.
    resolver_options = (params["resolvers"], params["resolver_port"])
    Resolver(*resolver_options)
    delivery = Delivery(order)
    judged: Judged | None = None
    try:
        delivery.run()
        if delivery.message is not None:
            with delivery.steps.step("judge", (Broken,)) as note:
                judged = judge(
                    delivery.message,
                    Resolver(*resolver_options),
                    client_address=client,
                    trusted=networks,
                    authserv_id=params["authserv_id"],
                )
                missed = _missed(judged, params["require"])
                if missed:
                    raise Broken("; ".join(missed))
                note.text = "; ".join(check.message for check in (judged.dkim, judged.spf, judged.dmarc))
        success, message = True, _delivered(delivery)
    except StepFailed as error:
        success, message = False, _failed(delivery, str(error))
    finally:
        delivery.close()
    message = delivery.steps.clean(message)
    return {
        "success": success,
        "message": message,
        "logs": log_lines(order, delivery.steps, message, success=success),
        **delivery.shown(),
        **(_NOTHING if judged is None else delivery.steps.hide(judged.shown())),
    }


def _missed(judged: Judged, required: Sequence[str]) -> list[str]:
    """Return what of ``required`` the message does not show, each with the reason.

    A signature has to be right and aligned; SPF and DMARC have to pass.
    """
    shown = {
        "dkim": (judged.dkim, bool(judged.dkim.fields.get("aligned"))),
        "spf": (judged.spf, judged.spf.fields.get("result") == "pass"),
        "dmarc": (judged.dmarc, judged.dmarc.fields.get("result") == "pass"),
    }
    return [
        f"{name} is required: {check.message}"
        for name, (check, passed) in shown.items()
        if name in required and not passed
    ]


def _delivered(delivery: Delivery) -> str:
    order = delivery.order
    way = f"{order.sender} to {order.recipient} by {order.submission.host}:{order.submission.port}"
    if not order.send:
        return f"A message from {way} would be taken, and the mailbox can be read; nothing was sent (check mode)"
    left = "" if delivery.cleaned_up or not order.cleanup else ", where it still is, marked as deleted"
    return f"A message from {way} came to {delivery.folder} in {delivery.latency or 0:.0f} ms{left}"


def _failed(delivery: Delivery, reason: str) -> str:
    name = next((step.name for step in delivery.steps.steps if not step.success and step.message == reason), "delivery")
    if delivery.message is not None and name == "judge":
        return f"The message came to {delivery.folder} in {delivery.latency or 0:.0f} ms, but {reason}"
    return f"{name}: {reason}"


def _order(params: Mapping[str, Any], *, send: bool) -> Order:
    submission, submission_login = _server("submission", "smtp", params)
    mailbox, mailbox_login = _server("mailbox", "imap", params)
    if mailbox_login is None:
        raise Conflict("mailbox.username is missing: give the login of the mailbox that the message comes to")
    folders = tuple(dict.fromkeys(printable("mailbox.folders", one) for one in params["mailbox"]["folders"]))
    if not folders:
        raise InvalidValue("mailbox.folders", [], "is empty", "give the folders that mail comes to, such as INBOX")
    if not 0 < params["wait"] <= 3600:
        raise InvalidValue("wait", params["wait"], "is no time to wait", "give seconds, more than 0 and at most 3600")
    return Order(
        submission,
        submission_login,
        mailbox,
        mailbox_login,
        _address("sender", params["sender"], submission_login, "submission.username"),
        _address("recipient", params["recipient"], mailbox_login, "mailbox.username"),
        folders,
        params["wait"],
        params["cleanup"],
        send,
        printable("submission.helo_name", params["submission"]["helo_name"])
        if params["submission"]["helo_name"]
        else None,
    )


def _server(option: str, protocol: str, params: Mapping[str, Any]) -> tuple[Target, Login | None]:
    options = {**params[option], "timeout": params["timeout"], "budget": params["budget"]}
    target = target_from(protocol, options)
    login = login_from(options, target)
    check_trust(target)
    return target, login


def _address(option: str, given: str | None, login: Login | None, otherwise: str) -> str:
    """Return the address ``given``, or the login's name where that is one."""
    if given is not None:
        return str(parse_address(given, option))
    if login is None or "@" not in login.username:
        raise InvalidValue(option, given or "", "is missing", f"give an address, as {otherwise} is none")
    return str(parse_address(login.username, otherwise))


def _client(given: str | None) -> Address | None:
    try:
        return None if given is None else ipaddress.ip_address(given)
    except ValueError:
        raise InvalidValue("client_address", given, "is no IP address", "give one such as 192.0.2.1") from None


def _networks(given: Sequence[str]) -> list[Network]:
    found = []
    for text in given:
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise InvalidValue(
                "trusted_networks", text, "is no network", "give one such as 192.0.2.0/24 or 2001:db8::/64"
            ) from None
    return found
