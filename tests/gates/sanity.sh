#!/usr/bin/env bash
# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Run ansible-test sanity of one environment on a copy of the work tree: sanity.sh ENVIRONMENT [ARGUMENTS]
#
# ansible-test keeps its environments in the user's home and fetches pip's bootstrap script from its own site. Both are
# kept out of it: the home is under build/, and the script is one that unpacks the pip that Python carries.
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
environment="$root/$1"
shift
version="$("$environment/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
# Runs of several interpreters may go side by side, and ansible-test writes into the collection.
copy="$root/build/sanity/$version/ansible_collections/mailwright/mail"
home="$root/build/home"

mkdir -p "$home/.ansible/test/cache"
for folder in .cache .config .pip; do
    if [[ -e "$HOME/$folder" && ! -e "$home/$folder" ]]; then
        ln -s "$HOME/$folder" "$home/$folder"
    fi
done

bootstrap() {
    cat <<'PYTHON'
import ensurepip
ensurepip.bootstrap(upgrade=True, default_pip=True)
PYTHON
}
requirements="$("$environment/bin/python" -c 'import ansible_test, os; print(os.path.dirname(ansible_test.__file__))')/_internal/python_requirements.py"
sed -n "s/.*pip='\([0-9.]*\)'.*/\1/p" "$requirements" | tr . _ | while read -r pip; do
    bootstrap >"$home/.ansible/test/cache/get_pip_$pip.py"
done

"$environment/bin/python" "$root/tests/gates/checkout.py" "$copy"
cd "$copy"
export HOME="$home" PATH="$environment/bin:$PATH"
# Its log holds every line of pip; what a reader needs are its findings.
log="$root/build/sanity/$version.log"
status=0
ansible-test sanity --venv --python "$version" --color no "$@" >"$log" 2>&1 || status=$?
grep -E '^(ERROR|WARNING|FATAL): ' "$log" | grep -v -E "^WARNING: (Location|Using locale|Reviewing)|Command \"" || true
echo "ansible-test sanity on Python $version: $(grep -c '^Running sanity test' "$log" || true) tests, exit status $status (all of it in ${log#"$root"/})"
exit "$status"
