# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make this host a world for dns_check: a root zone, the zones of zones.json below it, the servers, and a resolver."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdataclass
import dns.rdatatype

HERE = Path("/root/checks")
ZONES = Path("/var/lib/powerdns/zones")
NAME_SERVER = "192.0.2.53"
# The name server, one that never answers, mail hosts (11 to 14) and web servers (20 to 22).
ADDRESSES = [f"192.0.2.{number}" for number in (53, 54, 11, 12, 13, 14, 20, 21, 22)]
SOA = "@ 60 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 60\n@ 60 IN NS ns.example.\n"


def run(*command: str, stdin: bytes | None = None) -> bytes:
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout


def openssl(*command: str, stdin: bytes | None = None) -> bytes:
    return run("openssl", *command, stdin=stdin)


def main() -> None:
    zones = json.loads((HERE / "zones.json").read_text())
    for address in ADDRESSES:
        run("ip", "address", "replace", f"{address}/32", "dev", "lo")
    # These are somebody else's, or nobody's.
    zones = [zone for zone in zones if not zone.get("delegated")]
    names = [f"mta-sts.{zone['name']}" for zone in zones if "policy" in zone or "mta-sts" in str(zone.get("records"))]
    names += [f"mx.{zone['name']}" for zone in zones if "mx A " in str(zone.get("records"))]
    own = certificates(names)
    values = {**keys(), **own}
    zones = json.loads(re.sub(r"<([a-z0-9-]+)>", lambda match: values[match[1]], json.dumps(zones)))
    (HERE / "expected.json").write_text(json.dumps([one for zone in zones for one in zone.get("expected", [])]))
    policies = {f"mta-sts.{zone['name']}": "\r\n".join(zone["policy"]) + "\r\n" for zone in zones if "policy" in zone}
    (HERE / "policies.json").write_text(json.dumps(policies))
    anchor = serve(zones)
    resolve(anchor)
    run("systemd-run", "--unit=checks-servers", "--property=LimitNOFILE=4096", "python3", str(HERE / "servers.py"))
    (HERE / "made").touch()


def certificates(names: list[str]) -> dict[str, str]:
    """Make an authority and certificates for ``names`` and another name; return what TLSA records have of them."""
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ca, ca_key = str(HERE / "ca.pem"), str(HERE / "ca.key")
    openssl("req", "-x509", *new, "-days", "30", "-subj", "/CN=An authority of the tests",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", ca_key, "-out", ca)  # fmt: skip
    for name, held in (("right", names), ("wrong", ["other.example"])):
        key, request, path = (str(HERE / f"{name}.{end}") for end in ("key", "csr", "crt"))
        alternatives = ",".join(f"DNS:{one}" for one in held)
        openssl("req", "-new", *new, "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternatives}",
                "-keyout", key, "-out", request)  # fmt: skip
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "20",
                "-copy_extensions", "copy", "-out", path)  # fmt: skip
        (HERE / f"{name}.pem").write_text("".join(Path(one).read_text() for one in (key, path, ca)))
    own, issuer = str(HERE / "right.crt"), ca
    return {
        "own": hashlib.sha256(spki(own)).hexdigest(),
        "own-512": hashlib.sha512(spki(own)).hexdigest(),
        "own-key": spki(own).hex(),
        "own-whole": hashlib.sha256(openssl("x509", "-in", own, "-outform", "der")).hexdigest(),
        "issuer": hashlib.sha256(spki(issuer)).hexdigest(),
        "other": "ab" * 32,
    }


def spki(certificate: str) -> bytes:
    public = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    return openssl("pkey", "-pubin", "-outform", "der", stdin=public)


def keys() -> dict[str, str]:
    """Return public keys as DKIM records have them."""
    found = {}
    for bits in (512, 1024, 2048):
        private = openssl("genrsa", str(bits))
        found[f"rsa-{bits}"] = base64.b64encode(openssl("pkey", "-pubout", "-outform", "der", stdin=private)).decode()
    private = openssl("genpkey", "-algorithm", "ed25519")
    public = openssl("pkey", "-pubout", "-outform", "der", stdin=private)
    return {**found, "ed25519": base64.b64encode(public[-32:]).decode()}


def serve(zones: list[dict[str, Any]]) -> str:
    """Serve the root and all below it; return the record that a resolver trusts the root by."""
    ZONES.mkdir(parents=True, exist_ok=True)
    texts = {zone["name"]: text(zone) for zone in zones}
    signed = [zone["name"] for zone in zones if zone.get("signed") or zone.get("broken")]
    broken = {zone["name"] for zone in zones if zone.get("broken")}
    texts["2.0.192.in-addr.arpa"] = (
        f"{SOA}11 PTR mx.good.example.\n13 PTR mx.elsewhere.example.\n14 PTR nobody.good.example.\n"
    )
    texts["0.200.100.in-addr.arpa"] = f"{SOA}1 PTR mx.good.example.\n"
    texts["example"] = f"{SOA}ns A {NAME_SERVER}\nsilent NS ns.silent\nns.silent A 192.0.2.54\n"
    texts["example"] += "".join(f"{name}. NS ns.example.\n" for name in texts if name.endswith(".example"))
    # The name server there refuses.
    texts["example"] += "lame NS ns.lame\nns.lame A 192.0.2.12\n"
    reverse = "".join(f"{name}. NS ns.example.\n" for name in texts if name.endswith(".arpa"))
    texts["."] = f"{SOA}example. NS ns.example.\nns.example. A {NAME_SERVER}\n{reverse}"
    Path("/etc/powerdns/named.conf").write_text(
        "".join(f'zone "{name}" {{ type master; file "{path(name)}"; }};\n' for name in texts)
    )
    Path("/etc/powerdns/pdns.conf").write_text(
        "launch=bind\nbind-config=/etc/powerdns/named.conf\nbind-dnssec-db=/var/lib/powerdns/dnssec.db\n"
        f"local-address={NAME_SERVER}\nlocal-port=53\nsetuid=pdns\nsetgid=pdns\ncache-ttl=0\nquery-cache-ttl=0\n"
    )
    write(texts)
    run("pdnsutil", "create-bind-db", "/var/lib/powerdns/dnssec.db")
    run("pdnsutil", "secure-zone", *signed, "example", ".")
    run("chown", "-R", "pdns:pdns", "/var/lib/powerdns")
    run("systemctl", "restart", "pdns.service")
    texts["example"] += "".join(f"{ds(name, wrong=name in broken)}\n" for name in signed)
    texts["."] += f"{ds('example')}\n"
    write({name: texts[name] for name in ("example", ".")})
    run("systemctl", "restart", "pdns.service")
    return ds(".")


def path(name: str) -> Path:
    return ZONES / (name.strip(".") or "root")


def write(texts: dict[str, str]) -> None:
    for name, content in texts.items():
        path(name).write_text(f"$TTL 60\n$ORIGIN {name.strip('.')}.\n{content}")


def ds(zone: str, *, wrong: bool = False) -> str:
    """Return the DS record of a zone's key, as the name server has it."""
    name = dns.name.from_text(zone)
    question = dns.message.make_query(name, "DNSKEY", use_edns=0, payload=4096)
    for _second in range(20):
        try:
            answer = dns.query.udp(question, NAME_SERVER, timeout=2)
            break
        except (dns.exception.Timeout, OSError):
            time.sleep(1)
    (key,) = answer.find_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    record = f"{name} IN DS {dns.dnssec.make_ds(name, key, 'SHA256')}"
    return re.sub(r"[0-9a-f]{8}$", "00000000", record) if wrong else record


def text(zone: dict[str, Any]) -> str:
    """Return the records of a zone as its file has them."""
    lines = [SOA, "mta-sts A 192.0.2.20\n" if "policy" in zone else ""]
    records = zone.get("records", [])
    if not any(" MX " in record for record in records) and not zone.get("no_mail"):
        lines.append("@ MX 10 mx.good.example.\n")
    lines += [f"{record}\n" for record in records]
    for owner, texts in zone.get("txt", {}).items():
        for one in [texts] if isinstance(texts, str) else texts:
            content = one.encode("latin-1") * zone.get("times", 1)
            strings = [content[start : start + 255] for start in range(0, len(content), 255)]
            lines.append(f"{owner} TXT {' '.join(map(quoted, strings))}\n")
    return "".join(lines)


def quoted(string: bytes) -> str:
    return (
        '"'
        + "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03d}" for byte in string)
        + '"'
    )


def resolve(anchor: str) -> None:
    """Let unbound find all that, and trust the root alone."""
    directory = Path("/etc/unbound/unbound.conf.d")
    for other in directory.glob("*.conf"):
        other.unlink()
    (directory / "checks.conf").write_text(
        f"""server:
    interface: 127.0.0.1
    do-not-query-localhost: no
    module-config: "validator iterator"
    trust-anchor: "{anchor}"
    local-zone: "2.0.192.in-addr.arpa." nodefault
    num-queries-per-thread: 4096
stub-zone:
    name: "."
    stub-addr: {NAME_SERVER}
"""
    )
    run("systemctl", "restart", "unbound.service")


if __name__ == "__main__":
    main()
