# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the verdicts of dns_check with those that are wanted: judge.py, and on stdin JSON with zones and results."""

from __future__ import annotations

import json
import sys
from typing import Any


def differences(wanted: dict[str, str], domain: dict[str, Any]) -> list[str]:
    found = []
    for name, text in wanted.items():
        status, _space, words = text.partition(" ")
        check = domain["checks"][name]
        if check["status"] != status or words not in check["message"]:
            found.append(f"{domain['domain']}: {name}: wanted {text!r}, found {check['status']} {check['message']!r}")
    return found


def main() -> None:
    given = json.load(sys.stdin)
    by_name = {domain["domain"]: domain for domain in given["result"]["domains"]}
    told = [text for zone in given["zones"] for text in differences(zone["verdicts"], by_name[zone["name"]])]
    for sender, result in zip(given["senders"], given["results"], strict=True):
        told += [f"{sender['address']}: {text}" for text in differences(sender["verdicts"], result["domains"][0])]
    for domain in by_name.values():
        for name, check in domain["checks"].items():
            if not {"status", "message", "record", "warnings", "info"} <= check.keys() or not check["message"]:
                told.append(f"{domain['domain']}: {name}: fields are missing")
            if "a fault of the check" in check["message"]:
                told.append(f"{domain['domain']}: {name}: {check['message']}")
            if len(json.dumps(check)) > 200_000:
                told.append(f"{domain['domain']}: {name}: the verdict is longer than anybody reads")
    # What a time-out or a server's reason says may differ from run to run; the verdict may not.
    for one, other in zip(given["result"]["domains"], given["foretold"]["domains"], strict=True):
        for name, check in one["checks"].items():
            if check["status"] != other["checks"][name]["status"]:
                told.append(f"{one['domain']}: {name}: check mode says {other['checks'][name]['status']}")
    print("\n".join(told))
    counted = sum(len(zone["verdicts"]) for zone in [*given["zones"], *given["senders"]])
    sys.exit(f"{len(told)} of {counted} verdicts are wrong" if told else 0)


main()
