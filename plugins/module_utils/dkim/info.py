# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of key pairs on the host, our own and those that others made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..core.addresses import parse_domain
from ..core.errors import MailwrightError, Unavailable
from ..core.run import failing, warn
from . import place
from .keys import check_library, load_key
from .plan import held_value
from .record import Tags, record_value
from .rotation import storage
from .selectors import parse_selector, record_name
from .views import key_value, record_entry
from .wanted import check_path


def run_info(module: AnsibleModule) -> None:
    """Leave the module with the key pairs that its options ask for."""
    with failing(module):
        params = module.params
        files = params["files"]
        keys = own_keys(params, check_mode=module.check_mode) if files is None else [file_key(entry) for entry in files]
        warn(module, [key["problem"] for key in keys if key["problem"]])
        module.exit_json(changed=False, dkim_keys=keys)


def own_keys(params: Mapping[str, Any], *, check_mode: bool) -> list[dict[str, Any]]:
    """Return the keys in ``key_dir``, by domain and selector; one that cannot be read has its ``problem``.

    Raises:
        InvalidValue, Conflict: an option is wrong, or ``key_dir`` is no directory.
        Unavailable: ``key_dir`` or a directory in it cannot be read, or there are keys and the library is missing. In
            check mode, in which an earlier task may be what installs it, that is a problem of each key.
    """
    directory = check_path("key_dir", params["key_dir"])
    domain = None if params["domain"] is None else parse_domain(params["domain"])
    selector = None if params["selector"] is None else parse_selector(params["selector"])
    chosen = [
        (one, other) for one, other in place.list_keys(directory) if domain in (None, one) and selector in (None, other)
    ]
    if chosen and not check_mode:
        check_library()
    states = {one: _states(directory, one) for one in sorted({one for one, _other in chosen})}
    return [_own_key(directory, one, other, states[one]) for one, other in chosen]


def _states(directory: str, domain: str) -> storage.Noted | MailwrightError:
    try:
        return storage.read(directory, domain)
    except MailwrightError as error:
        # It is told with each key of the domain; those of others can be read all the same.
        return error


def _rotation_value(states: storage.Noted | MailwrightError, selector: str) -> dict[str, Any]:
    """Return what rotation noted of a key, ``None`` for one that is not rotated."""
    found = dict.fromkeys(("state", "since", "next_step", "next_date"))
    if isinstance(states, MailwrightError):
        return found
    one = next((one for one in states.rotation.selectors if one.name == selector), None)
    if one is None:
        return found
    step = (states.steps or {})[selector]
    return {"state": one.state, "since": one.since, "next_step": step.what, "next_date": step.date}


def _own_key(directory: str, domain: str, selector: str, states: storage.Noted | MailwrightError) -> dict[str, Any]:
    path = place.key_path(directory, domain, selector)
    name = record_name(domain, selector)
    try:
        found = place.read_found(directory, domain, selector)
        if found.key is None:
            raise Unavailable(f"{path} went while it was to be read")
        public = load_key(found.key.content, str(path))
    except MailwrightError as error:
        return {
            **key_value(domain, selector, path, None),
            "record": record_entry(name, None),
            **dict.fromkeys(("mode", "owner", "group")),
            **_rotation_value(states, selector),
            "problem": str(error),
        }
    value = held_value(found.record)
    # The key is the only truth: what stands beside it may be of one that it has replaced.
    if value is None or not value.endswith(f"; p={public.public}"):
        value = record_value(public.algorithm, public.public, Tags())
    if not isinstance(states, MailwrightError):
        value = next((one.published for one in states.rotation.selectors if one.name == selector), value)
    return {
        **key_value(domain, selector, path, public),
        "record": record_entry(name, value),
        **found.key.shown(),
        **_rotation_value(states, selector),
        "problem": str(states) if isinstance(states, MailwrightError) else None,
    }


def file_key(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key in a file that ``entry`` names; its record has a name where ``entry`` has domain and selector.

    Raises:
        InvalidValue, Conflict, Unavailable: an option is wrong, or there is no key that can be read.
    """
    path = Path(check_path("path", entry["path"]))
    domain = None if entry["domain"] is None else parse_domain(entry["domain"])
    selector = None if entry["selector"] is None else parse_selector(entry["selector"])
    name = record_name(domain, selector) if domain and selector else None
    found = place.read_key(path, links=True)
    if found is None:
        raise Unavailable(f"there is no file {path} on this host; look at path")
    public = load_key(found.content, str(path))
    return {
        **key_value(domain, selector, path, public),
        "record": record_entry(name, record_value(public.algorithm, public.public, Tags())),
        **found.shown(),
        **dict.fromkeys(("state", "since", "next_step", "next_date")),
        "problem": None,
    }
