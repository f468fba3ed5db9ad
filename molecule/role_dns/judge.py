# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what ``watch.py`` saw: no key was ever served that somebody's cached TLSA records did not have.

Usage: judge.py FILE KEY..., the SPKI hashes of all keys that are to have been served, in their order.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path


def main() -> None:
    path, *expected = sys.argv[1:]
    rounds = [json.loads(line) for line in Path(path).read_text().splitlines()]
    keys: list[str] = []
    for number, one in enumerate(rounds):
        assert not one["problem"], one
        assert len(one["values"]) >= 2, one
        keys += [] if keys[-1:] == [one["key"]] else [one["key"]]
        # A resolver that asked then may have given the answer out until now.
        for before in rounds[: number + 1]:
            if before["answered"] + before["ttl"] >= one["answered"]:
                assert f"3 1 1 {one['key']}" in before["values"], (before, one)
    assert keys == expected, (keys, expected)
    seconds = rounds[-1]["served"] - rounds[0]["asked"]
    # On an idle machine there are ten in a second, and on a busy one the runs take longer, too.
    assert len(rounds) >= 100, (len(rounds), seconds)
    longest = max(after["asked"] - before["asked"] for before, after in itertools.pairwise(rounds))
    sets = len({tuple(sorted(one["values"])) for one in rounds})
    print(
        f"{len(rounds)} connections in {seconds:.0f} s, at most {longest:.2f} s apart: "
        f"{len(keys)} keys served, {sets} sets of TLSA records, all matched"
    )


if __name__ == "__main__":
    main()
