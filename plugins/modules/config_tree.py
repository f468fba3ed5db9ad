#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: a service's configuration directory from a folder of templates."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config_tree
short_description: Keep a service's configuration directory equal to a folder of templates
version_added: 1.0.0
author:
  - Mailwright contributors (@mailwright)
description:
  - Renders a folder of templates on the controller and makes a directory on the target equal to it, in one task.
  - The whole new tree is staged beside the live one first, foreign files included, and judged there by the service's
    own checker (O(validate)). Only a tree that passes is moved into place, file by file, each by one rename.
  - Files that an earlier run put there and that are no longer rendered are removed. Files of others in the same
    directory stay. A file of others that a template replaces is kept beside the ledger, and comes back once no
    template wants its place any more.
  - What belongs to whom stands in the ledger (O(ledger)), so several roles can share one directory.
  - A run that is interrupted leaves whole files only, and the next run completes it.
extends_documentation_fragment: [mailwright.mail.pending]
options:
  state:
    description:
      - V(present) makes the tree as the templates want it.
      - V(absent) removes every file and directory of ours in O(dest) and brings back what stood there before us.
        Nothing is validated then.
    type: str
    choices: [present, absent]
    default: present
  src:
    description:
      - The folder of templates, found as M(ansible.builtin.template) finds its source, so in a role's C(templates/)
        first.
      - A name that ends in C(.j2) is rendered and loses that ending; every other file is copied byte by byte. Vaulted
        files are decrypted.
      - A template that renders to nothing but white space is not wanted on the target; a condition around all of its
        text so switches a file on and off.
      - Templates are strict about undefined variables, trim the newline after a block, and find what they include in
        the folder itself.
      - Needed with O(state=present).
    type: path
  dest:
    description:
      - The directory on the target. It is made if only its own name is missing.
    type: path
    required: true
  exclude:
    description:
      - Shell patterns of names in O(src) that are not wanted on the target, such as templates that only serve to be
        included.
      - A pattern is compared with the path relative to O(src), with its C(.j2), and C(*) also matches C(/).
    type: list
    elements: str
    default: []
  validate:
    description:
      - The command that judges the staged tree, as a string or as a list of arguments. It runs without a shell.
      - C(%s) stands for the staged tree and must be in it. Include other files relatively in the configuration; an
        absolute path would be read from the live tree.
      - In check mode it runs too, on a copy in a temporary directory. If its program is not installed there yet,
        RV(unchecked) says so.
    type: raw
  needs:
    description:
      - Files outside of O(dest) that O(validate) reads, such as certificates.
      - Where one is missing in check mode, an earlier task would have made it. The tree is then not judged, and
        RV(unchecked) says so. In a run it is an error that names the file.
    type: list
    elements: path
    default: []
  owner:
    description:
      - User that owns the files and the directories made here, by name or number; by default the user that the module
        runs as.
    type: str
  group:
    description:
      - Group of the files and the directories made here, by name or number; by default the group that the module runs
        as.
    type: str
  mode:
    description:
      - Mode of the files, as a quoted octal number.
    type: raw
    default: "0644"
  directory_mode:
    description:
      - Mode of the directories made here, as a quoted octal number. Directories that were there before keep theirs.
    type: raw
    default: "0755"
  secret:
    description:
      - Whether the contents are not to be shown in diffs and messages.
    type: bool
    default: false
  files:
    description:
      - What differs for single files.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The file's path relative to O(dest).
        type: str
        required: true
      owner:
        description: As O(owner), for this file.
        type: str
      group:
        description: As O(group), for this file.
        type: str
      mode:
        description: As O(mode), for this file.
        type: raw
      secret:
        description: As O(secret), for this file.
        type: bool
  set_by:
    description:
      - Who these files belong to in the ledger. Files that another one set are never removed, and wanting one of them
        is an error.
      - The default is the name of the role that the task stands in, and V(config_tree) outside of roles.
    type: str
  ledger:
    description:
      - The file in which the collection keeps what it owns on this host. Originals of replaced files are kept in
        C(archive/) beside it.
    type: path
    default: /var/lib/mailwright/owned.json
  tree:
    description:
      - The rendered tree, made by the action plugin. Leave it out.
    type: str
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
notes:
  - In check mode, an O(owner) or O(group) that does not exist yet is listed in RV(unchecked); in a run it is an
    error.
  - In check mode before the first run, a staged tree that O(validate) refuses is a warning and listed in
    RV(unchecked), because what earlier tasks would have brought (certificates, for example) may be what is missing.
    Later it is an error, as in a run.
  - The target needs Python only.
seealso:
  - module: ansible.builtin.template
"""

EXAMPLES = r"""
- name: Configure Dovecot from the role's templates/dovecot folder
  mailwright.mail.config_tree:
    src: dovecot
    dest: /etc/dovecot
    validate: doveconf -n -c %s/dovecot.conf
    files:
      - name: credentials.conf.ext
        mode: "0640"
        group: dovecot
        secret: true

- name: Remove what we configured and bring back what stood there before
  mailwright.mail.config_tree:
    dest: /etc/dovecot
    state: absent
"""

RETURN = r"""
files:
  description: Names relative to O(dest) that were added, changed and removed; those of directories end in C(/).
  returned: success
  type: dict
  sample:
    added: [conf.d/, conf.d/10-auth.conf]
    changed: [dovecot.conf]
    removed: []
  contains:
    added:
      description: Names that were not there.
      type: list
      elements: str
    changed:
      description: Names whose content, mode or owner differ, that become ours as they are, or whose original comes
        back.
      type: list
      elements: str
    removed:
      description: Names that are gone.
      type: list
      elements: str
unchecked:
  description: What could not be checked because it is not there yet. Always empty outside of check mode.
  returned: success
  type: list
  elements: str
  sample: ["validate: doveconf is not installed on this host yet"]
"""

from contextlib import ExitStack
from functools import partial

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.converge import Target, prepare
from ansible_collections.mailwright.mail.plugins.module_utils.config_tree.options import ARGUMENT_SPEC
from ansible_collections.mailwright.mail.plugins.module_utils.core.pending import Pending
from ansible_collections.mailwright.mail.plugins.module_utils.core.run import converge, failing, warn


def main() -> None:
    """Read, plan, stage and validate, then apply or predict."""
    module = AnsibleModule(ARGUMENT_SPEC, required_if=[("state", "present", ["src"])], supports_check_mode=True)
    run = partial(module.run_command, cwd="/", handle_exceptions=False)
    with ExitStack() as stack, failing(module):
        result = prepare(module.params, Target(module.check_mode, module.tmpdir, run), stack)
        warn(module, result.warnings)
        converge(
            module,
            result.plan,
            result.apply,
            Pending(module.params["pending"]),
            files=result.plan.names(),
            unchecked=result.unchecked,
        )


if __name__ == "__main__":
    main()
