# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from bytes that are no UTF-8, as it is shown."""

from __future__ import annotations

import json

from ansible_collections.mailwright.mail.plugins.module_utils.core.text import readable


def test_bytes_that_are_no_text_are_shown_as_escapes() -> None:
    text = b"# gr\xfcn gr\xc3\xbcn \\".decode("utf-8", "surrogateescape")
    shown = readable({"diff": [{"before": text, text: None}], "names": (text, 3, True), "lone": "\ud800"})
    json.dumps(shown, ensure_ascii=False).encode()
    told = "# gr\\xfcn grün \\"
    assert shown == {"diff": [{"before": told, told: None}], "names": [told, 3, True], "lone": "\\ud800"}
