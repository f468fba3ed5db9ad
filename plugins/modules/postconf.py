#!/usr/bin/python
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Set Postfix's main.cf and master.cf, parameter by parameter."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postconf
short_description: Set parameters and services of Postfix in one validated step
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Sets parameters in C(main.cf) and services in C(master.cf), all in one call. Comments, order, continuation lines and
    everything that is not named stay as they are, byte for byte.
  - The change is made on a copy of the whole configuration directory first and judged there by Postfix's own programs.
    What these let through is checked as well - parameters that this Postfix does not have, values that a parameter does
    not admit, map types and daemons that are not installed. Only if nothing is wrong are the files replaced.
  - A problem that was there before is a warning. One that came with the change is an error, and nothing is changed.
  - What was set stands in the ledger with the value before it, so that O(restore) can give it back.
  - Postfix is not reloaded. RV(ignore:changed) says that it should be, RV(restart_required) that this is not enough.
extends_documentation_fragment: [mailwright.mail.pending]
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Everything is judged but C(postfix check), which creates missing queue directories and so belongs to a run.
      - Where Postfix is not installed, all is new, and RV(unchecked) names what could not be judged.
  diff_mode:
    description: Returns details on what has changed, or possibly needs changing in C(check_mode), when in diff mode.
    support: full
  platform:
    description: Target operating systems that can be operated against.
    support: full
    platforms: debian
options:
  config_dir:
    description: The directory of C(main.cf) and C(master.cf), for one of several Postfix instances.
    type: path
    default: /etc/postfix
  main:
    description:
      - Parameters of C(main.cf) and their values.
      - A list is written with commas between its entries, a boolean as C(yes) or C(no).
      - V(null) takes the parameter out, so that Postfix's default holds.
      - Write numbers with a point in quotes, as YAML drops their last zeros (V("3.10")).
      - Values may refer to other parameters (V($myhostname)). They are no secrets to Postfix - any user of the host can
        read C(main.cf) - and so are shown in diffs. Passwords belong in lookup tables.
    type: dict
    default: {}
  lists:
    description:
      - Entries of parameters that are lists and that several roles share, such as C(smtpd_milters).
      - Entries that are not named stay. A parameter that C(main.cf) does not set starts from Postfix's default.
      - A parameter cannot stand here and in O(main) at once.
    type: list
    elements: dict
    default: []
    suboptions:
      parameter:
        description: The parameter.
        type: str
        required: true
      present:
        description:
          - Entries that it is to have. One that is there stays where it is.
          - An entry may be several words, such as C(check_client_access lmdb:/etc/postfix/clients).
        type: list
        elements: str
        default: []
      absent:
        description: Entries that it is not to have.
        type: list
        elements: str
        default: []
      position:
        description: Whether entries that are missing go to the end or to the beginning, in their order.
        type: str
        choices: [first, last]
        default: last
  master:
    description:
      - Services of C(master.cf). Fields, command and options that are not named stay.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description: The service's name, which for V(inet) is C(port) or C(host:port).
        type: str
        required: true
      type:
        description: Its type.
        type: str
        choices: [inet, unix, fifo, pass, unix-dgram]
        required: true
      state:
        description: Whether it is there.
        type: str
        choices: [present, absent]
        default: present
      private:
        description: V(true), V(false), or V(-) for Postfix's default.
        type: str
      unprivileged:
        description: V(true), V(false), or V(-) for Postfix's default.
        type: str
      chroot:
        description: V(true), V(false), or V(-) for Postfix's default.
        type: str
      wakeup:
        description: Seconds, with C(?) behind them for a service that may be missing, or V(-) for never.
        type: str
      maxproc:
        description: The largest number of processes, V(0) for no limit, or V(-) for C(default_process_limit).
        type: str
      command:
        description:
          - The daemon with its arguments, such as V(smtpd), but for C(-o) options. Needed for a service that is new.
        type: str
      options:
        description:
          - Parameters that the service overrides (C(-o)), V(null) to take one out.
          - A value with spaces is written in the form C({ name = value }) that Postfix 3.0 brought.
        type: dict
        default: {}
  restore:
    description:
      - Parameters, or services as C(name/type), that get back the state before O(owner) set them, values, entries and
        options alike. V(*) stands for all that O(owner) set in this O(config_dir).
    type: list
    elements: str
    default: []
  owner:
    description: Who sets it, such as the name of a role. Noted in the ledger.
    type: str
    default: postconf
  ledger:
    description: The host's ledger.
    type: path
    default: /var/lib/mailwright/owned.json
"""

EXAMPLES = r"""
- name: Set parameters, share a list and open the submission port
  mailwright.mail.postconf:
    main:
      smtpd_helo_required: true
      message_size_limit: 52428800
      mydestination: [$myhostname, localhost]
      mailbox_size_limit: null
    lists:
      - parameter: smtpd_milters
        present: ["inet:localhost:11332"]
    master:
      - service: submission
        type: inet
        private: false
        command: smtpd
        options:
          syslog_name: postfix/submission
          smtpd_tls_security_level: encrypt
          smtpd_client_restrictions: permit_sasl_authenticated, reject
    owner: example

- name: Give everything back that the first task set
  mailwright.mail.postconf:
    restore: ["*"]
    owner: example
"""

RETURN = r"""
changed_parameters:
  description: The parameters of C(main.cf) whose value changes.
  returned: always
  type: list
  elements: str
  sample: [message_size_limit, smtpd_milters]
changed_services:
  description: The services of C(master.cf) that change.
  returned: always
  type: list
  elements: str
  sample: [submission/inet]
restart_required:
  description: Whether Postfix has to be stopped and started to take up the change. A reload is enough if not.
  returned: always
  type: bool
  sample: false
restart_reasons:
  description: The parameters because of which, each with the reason.
  returned: always
  type: list
  elements: str
  sample: ["inet_interfaces: the master process binds to its addresses at its start"]
unchecked:
  description: What could not be judged, because Postfix is not installed (in check mode on a bare host).
  returned: always
  type: list
  elements: str
  sample: []
problems:
  description: Each problem that the change would have brought.
  returned: when the change is refused
  type: list
  elements: str
  sample: ["main.cf: Postfix 3.10.5 has no parameter smtpd_helo_require, and nothing refers to it; correct the name"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.core.pending import Pending
from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.argspec import POSTCONF
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.configuration import Configuration, results
from ansible_collections.mailwright.mail.plugins.module_utils.postfix.wanted import parse_wanted


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=POSTCONF, supports_check_mode=True)
    options = dict(module.params)
    configuration = Configuration(options["config_dir"], options.pop("ledger"))
    with failing(module):
        pending = Pending(options.pop("pending"))
        plan = configuration.plan(parse_wanted(**options))
        pending.add(plan.restart_reasons)
        warn(module, plan.warnings)
        converge(
            module, plan, lambda: warn(module, configuration.apply(plan)), pending, **results(plan, pending.reasons)
        )


if __name__ == "__main__":
    main()
