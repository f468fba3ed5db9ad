# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A temporary directory with certificates, CA, ledger and provided files, judged by openssl."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.mailwright.mail.plugins.module_utils.certificates import place
from ansible_collections.mailwright.mail.plugins.module_utils.certificates.call import Call
from ansible_collections.mailwright.mail.plugins.module_utils.certificates.converge import prepare
from ansible_collections.mailwright.mail.plugins.module_utils.certificates.options import ARGUMENT_SPEC
from ansible_collections.mailwright.mail.plugins.module_utils.certificates.rollover import Asker
from ansible_collections.mailwright.mail.plugins.module_utils.dns.seen import Seen

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
HOST = "mx1.example.net"


def days(count: float) -> dt.datetime:
    return NOW + dt.timedelta(days=count)


def openssl(*argv: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["openssl", *argv], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (argv, done.stdout, done.stderr)
    return done.stdout.decode()


class Nobody:
    """Who must not be asked."""

    def ask(self, wanted: Mapping[str, str]) -> dict[str, Seen]:
        raise AssertionError(f"asked for {wanted}")


class Bed:
    """Directories for certificates, the CA, the ledger and provided files."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.tls = top / "tls"
        self.pair = self.tls / HOST
        self.authority = top / "ca" / "ca.pem"
        self.asker: Asker = Nobody()

    def call(self, *, check: bool = False, now: dt.datetime = NOW, **given: Any) -> Call:
        params = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
        places = {"directory": self.tls, "ca_directory": self.top / "ca", "ledger": self.top / "lib/owned.json"}
        # What these tests are about has no next key, but for those that say so.
        params.update({name: str(path) for name, path in places.items()}, name=HOST, tlsa_ports=[])
        params.update(given)
        call = prepare(params, now=now, check_mode=check, asker=self.asker)
        if not check:
            # As the module does it.
            (call.apply if call.plan.changed else call.note)()
        return call

    def snapshot(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path in sorted(self.top.rglob("*")):
            name = str(path.relative_to(self.top))
            if path.is_symlink():
                found[name] = os.readlink(path)
            elif not name.endswith(".lock"):
                found[name] = (oct(path.stat().st_mode), path.read_bytes() if path.is_file() else None)
        return found

    def make_pair(self, name: str = HOST, start: float = -1, end: float = 100) -> dict[str, str]:
        """Make a pair as another program would, valid from ``start`` to ``end`` days from now."""
        key, chain = self.top / f"{name}.key", self.top / f"{name}.pem"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key))
        request = self.top / "request"
        openssl(
            "req",
            "-new",
            "-key",
            str(key),
            "-subj",
            f"/CN={name}",
            "-addext",
            f"subjectAltName=DNS:{name}",
            "-out",
            str(request),
        )
        signer = self.top / "signer"
        signer.mkdir(exist_ok=True)
        (signer / "index.txt").write_text("")
        (signer / "serial").write_text("01\n")
        (signer / "conf").write_text(
            f"[ca]\ndefault_ca=x\n[x]\ndatabase={signer}/index.txt\nserial={signer}/serial\nnew_certs_dir={signer}\n"
            "default_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n"
        )
        openssl(
            "ca", "-batch", "-notext", "-config", str(signer / "conf"), "-selfsign", "-keyfile", str(key),
            "-in", str(request), "-out", str(chain), "-startdate", days(start).strftime("%Y%m%d%H%M%SZ"),
            "-enddate", days(end).strftime("%Y%m%d%H%M%SZ"),
        )  # fmt: skip
        return {"source": "provided", "certificate": str(chain), "private_key": str(key)}

    def make_issued_pair(self, issuer: list[str]) -> dict[str, str]:
        """Make a pair with a chain of two, its issuer's key as ``openssl genpkey`` and ``-sigopt`` describe it."""
        options = [word for word in issuer if "rsa_padding" in word or word == "-sigopt"]
        kind = [word for word in issuer if word not in options]
        key, request, ca_key, ca, leaf = (str(self.top / f"issued.{end}") for end in ("key", "csr", "cak", "ca", "pem"))
        openssl("genpkey", *kind, "-out", ca_key)
        openssl("req", "-x509", "-new", "-key", ca_key, *options, "-subj", "/CN=Issuer", "-days", "300", "-out", ca)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
                "-out", request)  # fmt: skip
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, *options, "-copy_extensions", "copy",
                "-days", "200", "-out", leaf)  # fmt: skip
        Path(leaf).write_text(Path(leaf).read_text() + Path(ca).read_text())
        return {"source": "provided", "certificate": leaf, "private_key": key}

    def judge(self, *names: str, at: dt.datetime = NOW) -> None:
        """Let openssl verify the pair: chain, time, purpose, names, and that the key is the certificate's."""
        chain = str(self.pair / place.CHAIN)
        for name in names or (HOST,):
            option = "-verify_ip" if name[0].isdigit() else "-verify_hostname"
            openssl(
                "verify", "-x509_strict", "-purpose", "sslserver", "-attime", str(int(at.timestamp()) + 1),
                option, name, "-CAfile", str(self.authority), "-untrusted", chain, chain,
            )  # fmt: skip
        public = openssl("pkey", "-in", str(self.pair / place.KEY), "-pubout")
        assert public == openssl("x509", "-in", chain, "-noout", "-pubkey")

    def spki(self) -> str:
        der = subprocess.run(
            ["openssl", "pkey", "-in", str(self.pair / place.KEY), "-pubout", "-outform", "DER"],
            capture_output=True,
            check=True,
        ).stdout
        return hashlib.sha256(der).hexdigest()


def four_runs(bed: Bed, run: Callable[..., Call]) -> Call:
    before = bed.snapshot()
    predicted = run(check=True)
    assert predicted.plan.changed
    assert bed.snapshot() == before
    done = run(check=False)
    assert predicted.plan.diff() == done.plan.diff()
    after = bed.snapshot()
    for check in (True, False):
        again = run(check=check)
        assert not again.plan.changed, again.plan.diff()
        assert again.returns == done.returns
        assert bed.snapshot() == after
    return done
