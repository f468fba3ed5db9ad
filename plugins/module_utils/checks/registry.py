# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .autoconfig import check_autoconfig
from .bimi import check_bimi
from .caa import check_caa
from .dane import check_dane
from .dkim import check_dkim
from .dmarc import check_dmarc
from .dnsbl import check_dnsbl
from .dnssec import check_dnssec
from .model import Check
from .mta_sts import check_mta_sts
from .mx import check_mx
from .ptr import check_ptr
from .spf_lint import check_spf
from .tls_rpt import check_tls_rpt
from .world import World

CHECKS: Mapping[str, Callable[[str, World], Check]] = {
    "spf": check_spf,
    "dkim": check_dkim,
    "dmarc": check_dmarc,
    "mx": check_mx,
    "ptr": check_ptr,
    "mta_sts": check_mta_sts,
    "tls_rpt": check_tls_rpt,
    "dane": check_dane,
    "caa": check_caa,
    "dnssec": check_dnssec,
    "autoconfig": check_autoconfig,
    "bimi": check_bimi,
    "dnsbl": check_dnsbl,
}
