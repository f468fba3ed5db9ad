# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Submit a message with a login, as a user's client does. Arguments: the sender's domain, the recipient's."""

from __future__ import annotations

import smtplib
import ssl
import sys
from email.message import EmailMessage
from email.utils import formatdate, make_msgid


def main(own: str, other: str) -> None:
    message = EmailMessage()
    message["From"] = f"writer@{own}"
    message["To"] = f"reader@{other}"
    message["Subject"] = f"From {own}"
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=own)
    message.set_content("Signed by the one, and verified by the other.\n")
    context = ssl.create_default_context(cafile="/etc/mailwright/ca/ca.pem")
    with smtplib.SMTP(f"mx.{own}", 587) as client:
        client.starttls(context=context)
        client.login(f"writer@{own}", "writes-to-the-other")
        client.send_message(message)


if __name__ == "__main__":
    main(*sys.argv[1:])
