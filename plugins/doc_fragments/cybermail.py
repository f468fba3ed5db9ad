# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CyberMail modules document in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Which account, and how the platform is reached; `cybermail.argspec.COMMON` has their specs."""

    DOCUMENTATION = r"""
options:
  email:
    description: The address that the account at the platform has.
    type: str
    required: true
  api_key_file:
    description:
      - The file on the target that holds the account's API key, one word in one line.
        M(mailwright.mail.cybermail_account) writes it, readable by its owner only.
    type: path
    required: true
  api_url:
    description: Where the platform's API is, an C(https) URL. Proxies are taken from the environment of the task.
    type: str
    default: https://platform.cyberpersons.com/email/cp/
  timeout:
    description: How many seconds to wait for each answer.
    type: int
    default: 30
  retries:
    description:
      - How often a request is made again when there is no connection, when the platform fails, or when it gets too many
        requests. The pauses between are 1, 2, 4 seconds and so on, or what the platform asks for, up to a minute.
      - What must not happen twice, such as making a credential, is only asked for again when it was surely not done.
    type: int
    default: 3
  validate_certs:
    description: Whether the server's certificate is verified. Without, anybody on the way can read the API key.
    type: bool
    default: true
  ca_path:
    description: A file on the target with the certificates of authorities to trust, where the system's are not those.
    type: path
"""
