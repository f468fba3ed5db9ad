# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of this host that go."""

from __future__ import annotations

import os
from pathlib import Path

from ..core.errors import Unavailable
from ..core.files import sync_directory


def remove_file(path: str) -> None:
    """Remove a file, if it is there.

    Raises:
        Unavailable: it cannot be removed.
    """
    try:
        os.unlink(path)
        sync_directory(Path(path).parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unavailable(f"{path} cannot be removed: {error.strerror}; remove it and run again") from error
