# SPDX-FileCopyrightText: Mailwright contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probes document in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Which server, how, and as whom; `probe.argspec.COMMON` has their specs."""

    DOCUMENTATION = r"""
options:
  host:
    description: The server's name or IP address. It is connected to from where the module runs.
    type: str
    required: true
  port:
    description: The port. If nothing is given, it is the protocol's port for O(tls).
    type: int
  tls:
    description:
      - V(starttls) asks for TLS on a connection that begins without, V(tls) begins with it, V(none) does without.
      - If nothing is given, it is V(tls) for the ports 465, 993 and 995 and V(starttls) for others, and without O(port)
        what the protocol's clients are set up with today.
    type: str
    choices: [starttls, tls, none]
  tls_name:
    description: The name or IP address that the certificate has to be for. O(host) if nothing is given.
    type: str
  address:
    description: The IP address to connect to, where it is not one that the name O(host) has in the DNS.
    type: str
  username:
    description: The username to log in with. Without it, the probe ends before a login.
    type: str
  password:
    description:
      - The password. It goes only over TLS whose certificate was accepted, unless O(validate_certs=false).
      - It is cut out of all that is returned, also where the server repeats it.
    type: str
  password_file:
    description: A file, where the module runs, with the password as its only line.
    type: path
  timeout:
    description: How many seconds each step may take.
    type: float
    default: 10
  budget:
    description: How many seconds all steps may take together.
    type: float
    default: 60
  validate_certs:
    description:
      - Whether the probe ends where the certificate is not trusted, not valid, or not for O(tls_name).
      - Its facts are returned in both cases. With V(false), anybody on the way can read the password.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory, where the module runs, with the certificates of the only authorities to trust. The system's
        if nothing is given.
    type: path
  ca_pem:
    description: Certificates, in PEM, of authorities to trust beside those, where their file is on another host.
    type: str
  fail_on:
    description: Whether a probe that finds an error fails the task, or only returns it.
    type: str
    choices: [error, never]
    default: error
requirements:
  - python3-cryptography with TLS
"""
