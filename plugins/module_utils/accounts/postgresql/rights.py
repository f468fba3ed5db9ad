# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the database's role may not do and has to: asked only after the server has refused something.

The server's own words name neither the role nor the right, and come in the server's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .dialect import SCHEMA, quoted

# (kind of object, name, right, whether the role has it), of all rights that writing needs; see `missing`.
Right = tuple[str, str, str, bool]

# Named parameters: schemas, the store's schema and the one that publications are in first.
ASK = """
    SELECT 'DATABASE', current_database()::text, 'CREATE', has_database_privilege(current_database(), 'CREATE')
    WHERE (SELECT count(*) FROM pg_namespace WHERE nspname = ANY(%(schemas)s)) < cardinality(%(schemas)s)
    UNION ALL
    SELECT 'SCHEMA', nspname::text, wanted, has_schema_privilege(oid, wanted)
    FROM pg_namespace, unnest(ARRAY['USAGE', 'CREATE']) AS wanted WHERE nspname = ANY(%(schemas)s)
    UNION ALL
    SELECT 'TABLE', nspname || '.' || relname, wanted, has_table_privilege(c.oid, wanted)
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace,
         unnest(ARRAY['SELECT', 'INSERT', 'DELETE']) AS wanted
    WHERE nspname = ANY(%(schemas)s) AND relkind IN ('r', 'p')
    UNION ALL
    SELECT 'TABLE', nspname || '.' || relname, 'ownership', pg_has_role(relowner, 'USAGE')
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = ANY(%(schemas)s) AND relkind IN ('r', 'p')
"""
_READING = {("SCHEMA", "USAGE"), ("TABLE", "SELECT")}
_MANY = 2


def missing(user: str, rights: Iterable[Right], *, writing: bool) -> str:
    """Return which rights ``user`` lacks, with the statements that grant them, ``""`` where it lacks none.

    Reading needs the store's own schema alone, and nothing but to read it. To own a table is needed only to change it,
    so that it is told only where nothing else is missing.
    """
    lacking = [(kind, name, right) for kind, name, right, has in rights if not has]
    if not writing:
        ours = [one for one in lacking if one[1].partition(".")[0] == SCHEMA]
        lacking = [one for one in ours if (one[0], one[2]) in _READING]
    granted = [one for one in lacking if one[2] != "ownership"]
    wanted = _grouped(granted or lacking)
    if not wanted:
        return ""
    told = ", ".join(f"{_right(right)} on {_named(kind, name)}" for kind, name, right in wanted)
    return f"the role {user} lacks {told}; {'; '.join(_statement(user, *one) for one in wanted)}"


def _grouped(lacking: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Put the schema in the place of tables where one right is missing on many of them: ``8 mailwright``."""
    result: dict[tuple[str, str, str], None] = {}
    for kind, name, right in lacking:
        schema = name.partition(".")[0]
        same = [one for one in lacking if (one[0], one[2]) == (kind, right) and one[1].startswith(f"{schema}.")]
        is_many = kind == "TABLE" and right != "ownership" and len(same) > _MANY
        result[("TABLES", f"{len(same)} {schema}", right) if is_many else (kind, name, right)] = None
    return list(result)


def _named(kind: str, name: str) -> str:
    if kind == "TABLES":
        number, schema = name.split()
        return f"{number} tables of the schema {schema}"
    return f"the {kind.lower()} {name}"


def _right(right: str) -> str:
    return right if right.isupper() else f"the {right}"


def _statement(user: str, kind: str, name: str, right: str) -> str:
    if kind == "TABLES":
        return f"GRANT {right} ON ALL TABLES IN SCHEMA {name.split()[1]} TO {_identifier(user)}"
    # Tables come with their schema, both named by us.
    target = name if kind == "TABLE" else _identifier(name)
    if right == "ownership":
        return f"ALTER TABLE {target} OWNER TO {_identifier(user)}"
    return f"GRANT {right} ON {kind} {target} TO {_identifier(user)}"


def _identifier(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else quoted(name)
