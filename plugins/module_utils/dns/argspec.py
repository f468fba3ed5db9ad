# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of the DNS modules; ``COMMON`` is what the modules of the action group ``dns`` share."""

from __future__ import annotations

from typing import Any

from ..core.ledger import DEFAULT_PATH
from .spec import ROWS, SERVICES
from .spf import ALLS
from .values import TYPES

Spec = dict[str, Any]


def _texts(**more: Any) -> Spec:
    return {"type": "list", "elements": "str", **more}


def _entries(options: Spec, **more: Any) -> Spec:
    return {"type": "list", "elements": "dict", "options": options, **more}


ALIGNMENTS = ["relaxed", "strict"]
TSIG_ALGORITHMS = ["hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
POLICIES = ["none", "quarantine", "reject"]

MAIL_HOST: Spec = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "addresses": _texts(),
    "mx": {"type": "bool", "default": True},
    "preference": {"type": "int", "default": 10},
    "spki_sha256": _texts(),
    "issuer_spki_sha256": _texts(),
    "tlsa_ports": {"type": "list", "elements": "int", "default": [25]},
}
DKIM: Spec = {
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "required": True},
    "type": {"type": "str", "choices": ["TXT"], "default": "TXT"},
    "ttl": {"type": "int"},
    "strings": _texts(),
    "host": {"type": "str"},
}
DMARC: Spec = {
    "policy": {"type": "str", "choices": POLICIES, "default": "reject"},
    "subdomain_policy": {"type": "str", "choices": POLICIES},
    "nonexistent_policy": {"type": "str", "choices": POLICIES},
    "dkim_alignment": {"type": "str", "choices": ALIGNMENTS},
    "spf_alignment": {"type": "str", "choices": ALIGNMENTS},
    "failure_options": {"type": "list", "elements": "str", "choices": ["0", "1", "d", "s"]},
    "testing": {"type": "bool", "default": False},
    "rua": _texts(default=[]),
    "ruf": _texts(default=[]),
}
RECORD: Spec = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": list(TYPES), "required": True},
    "value": {"type": "str", "required": True},
    "ttl": {"type": "int"},
}
DOMAIN: Spec = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "leave_out": _texts(choices=list(ROWS), default=[]),
    "no_mail": {"type": "bool", "default": False},
    "no_mail_names": _texts(default=[]),
    "host": {"type": "str"},
    "client_name": {"type": "str"},
    "spf": {
        "type": "dict",
        "options": {
            "mechanisms": _texts(default=[]),
            "all": {"type": "str", "choices": list(ALLS), "default": ALLS[0]},
        },
    },
    "dkim": _entries(DKIM),
    "dmarc": {"type": "dict", "options": DMARC},
    "mta_sts": {
        "type": "dict",
        "options": {
            "mode": {"type": "str", "choices": ["enforce", "testing", "none"], "default": "enforce"},
            "max_age": {"type": "int", "default": 604800},
            "mx": _texts(),
        },
    },
    "tls_rpt": {"type": "dict", "options": {"rua": _texts(required=True)}},
    "caa": _entries(
        {
            "tag": {"type": "str", "default": "issue"},
            "value": {"type": "str", "required": True},
            "critical": {"type": "bool", "default": False},
            "account_uri": {"type": "str"},
            "validation_methods": _texts(default=[]),
        },
        default=[],
    ),
    "bimi": {
        "type": "dict",
        "options": {"logo": {"type": "str", "required": True}, "authority": {"type": "str"}},
    },
    "records": _entries(RECORD, default=[]),
    "ttl": {"type": "int"},
}
COMMON: Spec = {
    "domains": _entries(DOMAIN, default=[]),
    "mail_hosts": _entries(MAIL_HOST, default=[]),
    "services": _texts(choices=list(SERVICES), default=["submission", "submissions", "imaps", "pop3s", "sieve"]),
    "ttl": {"type": "int", "default": 3600},
}
# How PowerDNS's API is reached.
POWERDNS: Spec = {
    "timeout": {"type": "int", "default": 10},
    "api_url": {"type": "str", "default": "http://127.0.0.1:8081"},
    "api_key_file": {"type": "path", "no_log": False},
    "server_id": {"type": "str", "default": "localhost"},
}
# How zones are reached.
PROVIDER: Spec = {
    "provider": {"type": "str", "choices": ["powerdns", "rfc2136", "zonefile"], "required": True},
    **POWERDNS,
    "server": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 53},
    "tsig_name": {"type": "str"},
    "tsig_secret_file": {"type": "path", "no_log": False},
    "tsig_algorithm": {"type": "str", "choices": TSIG_ALGORITHMS, "default": "hmac-sha256"},
    "path": {"type": "path"},
}
RECORDS: Spec = {
    **COMMON,
    **PROVIDER,
    "purge": {"type": "bool", "default": False},
    "ledger": {"type": "path", "default": DEFAULT_PATH},
}
# The fields of a SOA record, but for its serial.
SOA: Spec = {
    "primary": {"type": "str"},
    "contact": {"type": "str"},
    "refresh": {"type": "int"},
    "retry": {"type": "int"},
    "expire": {"type": "int"},
    "minimum": {"type": "int"},
}
# One zone. What an entry of a list leaves out is what stands beside the list.
ZONE: Spec = {
    "state": {"type": "str", "choices": ["present", "absent"]},
    "kind": {"type": "str", "choices": ["Native", "Primary", "Secondary"]},
    "primaries": _texts(),
    "nameservers": _texts(),
    "soa": {"type": "dict", "options": SOA},
    "ttl": {"type": "int"},
    "dnssec": {"type": "bool"},
    "tsig_keys": _texts(no_log=False),
    "also_notify": _texts(),
    "allow_axfr_from": _texts(),
    "metadata": {"type": "dict"},
    "force": {"type": "bool"},
}
SERVER_TSIG_KEY: Spec = {
    "name": {"type": "str", "required": True},
    "algorithm": {"type": "str", "choices": TSIG_ALGORITHMS, "default": "hmac-sha256"},
    "secret_file": {"type": "path", "no_log": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
ZONES_INFO: Spec = {
    **POWERDNS,
    "api_key_file": {**POWERDNS["api_key_file"], "required": True},
    "names": {"type": "list", "elements": "str"},
}
# Either one zone, or many of them.
ONE_OR_MANY_ZONES = ("name", "zones")
ZONES: Spec = {
    **POWERDNS,
    "api_key_file": {**POWERDNS["api_key_file"], "required": True},
    "name": {"type": "str"},
    **ZONE,
    "state": {**ZONE["state"], "default": "present"},
    "force": {**ZONE["force"], "default": False},
    "zones": _entries({"name": {"type": "str", "required": True}, **ZONE}),
    "server_tsig_keys": _entries(SERVER_TSIG_KEY, no_log=False),
}
