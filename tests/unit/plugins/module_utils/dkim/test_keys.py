# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of many makers, judged by openssl."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailwright.mail.plugins.module_utils.core.errors import InvalidValue
from ansible_collections.mailwright.mail.plugins.module_utils.dkim.keys import PublicKey, load_key, make_key

# RFC 8032, section 7.1, test 1; RFC 8463, appendix A, signs with it.
SEED = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
PUBLIC = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
# Keys to damage.
DER = {
    name: subprocess.run(
        ["openssl", "genpkey", "-algorithm", name, "-outform", "DER"], capture_output=True, check=True
    ).stdout
    for name in ("RSA", "ED25519")
}
BOTH = base64.b64encode(base64.b64decode(SEED) + base64.b64decode(PUBLIC)).decode()


def openssl(*argv: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *argv], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (argv, done.stderr)
    return done.stdout


def judge(key: bytes, public: PublicKey) -> None:
    """Let openssl say the same of the private key ``key``."""
    spki = openssl("pkey", "-pubout", "-outform", "DER", stdin=key)
    assert public.spki_sha256 == hashlib.sha256(spki).hexdigest()
    assert public.pem.encode() == openssl("pkey", "-pubout", stdin=key)
    held = base64.b64decode(public.public, validate=True)
    assert held == (spki if public.algorithm == "rsa" else spki[-32:])


@pytest.fixture(scope="module")
def rsa() -> bytes:
    return openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


@pytest.mark.parametrize(("algorithm", "bits"), [("rsa", 1024), ("rsa", 2048), ("rsa", 3072), ("ed25519", None)])
def test_new_keys(algorithm: str, bits: int | None) -> None:
    pem, public = make_key(algorithm, bits or 0)
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert (public.algorithm, public.bits, public.form) == (algorithm, bits, "pkcs8")
    judge(pem, public)
    assert load_key(pem, "x") == public


def test_each_key_is_another() -> None:
    assert len({make_key("ed25519", 0)[0] for _number in range(20)}) == 20


def test_pkcs8_and_pkcs1(rsa: bytes) -> None:
    old = openssl("rsa", "-traditional", stdin=rsa)
    assert b"BEGIN RSA PRIVATE KEY" in old
    for pem, form in ((rsa, "pkcs8"), (old, "pkcs1")):
        public = load_key(pem, "x")
        assert (public.kind, public.form) == ("rsa 2048", form)
        judge(pem, public)


def test_rsa_keys_of_other_exponents_and_more_primes() -> None:
    for option in ("rsa_keygen_pubexp:3", "rsa_keygen_pubexp:4294967297"):
        pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", option)
        judge(pem, load_key(pem, "x"))


def test_text_around_and_headers_inside(rsa: bytes) -> None:
    lines = rsa.decode().splitlines()
    noted = "\n".join([lines[0], "Note: DKIM key s1._domainkey.example.com", "Made: today", "", *lines[1:], ""])
    for text in (
        f"a note\n{rsa.decode()}and another\n",
        noted,
        rsa.decode().replace("\n", "\r\n"),
        noted.replace("\n", "\r\n"),
        rsa.decode() + openssl("pkey", "-pubout", stdin=rsa).decode(),
    ):
        assert load_key(text.encode(), "x") == load_key(rsa, "x")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (SEED, "seed"),
        (f"{SEED}\n", "seed"),
        (BOTH, "seed_and_public"),
        (BOTH[:64] + "\n" + BOTH[64:] + "\n", "seed_and_public"),
    ],
)
def test_ed25519_in_bare_base64(text: str, form: str) -> None:
    public = load_key(text.encode(), "x")
    assert (public.algorithm, public.bits, public.public, public.form) == ("ed25519", None, PUBLIC, form)
    pkcs8 = base64.b64decode("MC4CAQAwBQYDK2VwBCIEIA==") + base64.b64decode(SEED)
    judge(openssl("pkey", "-inform", "DER", stdin=pkcs8), public)


def test_what_is_no_key(rsa: bytes) -> None:
    elliptic = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    old_elliptic = openssl("ec", stdin=elliptic)
    small = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:512")
    damaged = rsa[:100] + (b"A" if rsa[100:101] != b"A" else b"B") + rsa[101:]
    cases: list[tuple[bytes, str]] = [
        (b"", "is no private key that can be read"),
        (b"\0\xff" * 100, "is no private key that can be read"),
        (b"{{ key }}", "is no private key that can be read"),
        (base64.b64encode(b"x" * 33), "is no private key that can be read"),
        (SEED.encode() + b"!", "is no private key that can be read"),
        (base64.b64encode(b"x" * 64), "has a public key that is not its own"),
        (rsa[:-40], "is no private key that can be read"),
        (b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "is no private key that can be read"),
        (b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n", "is no private key that can be read"),
        (damaged, "is no private key that can be read"),
        (rsa + rsa, "holds 2 private keys"),
        (openssl("pkey", "-pubout", stdin=rsa), "holds a public key only"),
        (openssl("pkcs8", "-topk8", "-passout", "pass:x", stdin=rsa), "is encrypted with a passphrase"),
        (openssl("rsa", "-traditional", "-aes128", "-passout", "pass:x", stdin=rsa), "is encrypted with a passphrase"),
        (elliptic, "is of the kind .*DKIM does not know"),
        (old_elliptic, "is an EC PRIVATE KEY, which DKIM does not know"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "an OPENSSH PRIVATE"),
        (openssl("genpkey", "-algorithm", "ED448"), "is of the kind .*DKIM does not know"),
        (openssl("genpkey", "-algorithm", "X25519"), "is of the kind .*DKIM does not know"),
        (small, "receivers take no less than 1024|is no private key that can be read"),
    ]  # fmt: skip
    for content, reason in cases:
        with pytest.raises(InvalidValue, match=reason) as caught:
            load_key(content, "/keys/s1.pem")
        assert str(caught.value).startswith("private key '/keys/s1.pem': ")
        # The path is all that is told: what the file holds may be somebody's secret.
        for line in content.decode(errors="replace").split():
            assert len(line) < 20 or line not in str(caught.value)


def _integer(value: int) -> bytes:
    body = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + _length(body) + body


def _length(body: bytes) -> bytes:
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(size)]) + size


NUMBERS = ("n", "e", "d", "p", "q", "dp", "dq", "qi")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("damage", [-1, 2, None])
def test_an_rsa_key_whose_numbers_do_not_belong_together(
    rsa: bytes, name: str, damage: int | None, tmp_path: Path
) -> None:
    parsed = openssl("asn1parse", stdin=openssl("rsa", "-traditional", stdin=rsa)).decode()
    values = [int(line.rpartition(":")[2], 16) for line in parsed.splitlines() if "INTEGER" in line][1:]

    def pem(numbers: list[int]) -> bytes:
        body = b"".join(_integer(value) for value in (0, *numbers))
        whole = base64.encodebytes(b"\x30" + _length(body) + body)
        return b"-----BEGIN RSA PRIVATE KEY-----\n" + whole + b"-----END RSA PRIVATE KEY-----\n"

    assert load_key(pem(values), "x").spki_sha256 == load_key(rsa, "x").spki_sha256
    index = NUMBERS.index(name)
    values[index] = 0 if damage is None else values[index] + damage
    with pytest.raises(InvalidValue):
        load_key(pem(values), "x")


@pytest.mark.parametrize("algorithm", ["RSA", "ED25519"])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_key_is_told_or_still_whole(algorithm: str, data: st.DataObject) -> None:
    """Whatever is wrong with the bytes, it is an error of ours and none of the library's."""
    der = bytearray(DER[algorithm])
    for _number in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    body = base64.encodebytes(der[: data.draw(st.integers(0, len(der))) or None])
    pem = b"-----BEGIN PRIVATE KEY-----\n" + body + b"-----END PRIVATE KEY-----\n"
    try:
        public = load_key(pem, "x")
    except InvalidValue:
        return
    judge(pem, public)


@given(st.binary(max_size=200) | st.text(alphabet="-BEGIN PRVATKY\nA=:", max_size=200).map(str.encode))
def test_what_is_no_key_at_all(content: bytes) -> None:
    with pytest.raises(InvalidValue):
        load_key(content, "x")


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_what_the_key_signs_is_verified_with_the_record(algorithm: str, tmp_path: Path) -> None:
    """openssl signs with the file's key and verifies with nothing but ``p=`` (RFC 6376, section 3.6.1; RFC 8463)."""
    pem, public = make_key(algorithm, 2048)
    for name, content in (("key", pem), ("text", b"signed\r\n")):
        (tmp_path / name).write_bytes(content)
    held = base64.b64decode(public.public)
    # An Ed25519 key's SubjectPublicKeyInfo is a fixed beginning and the bare key (RFC 8410, section 4).
    spki = held if algorithm == "rsa" else bytes.fromhex("302a300506032b6570032100") + held
    (tmp_path / "public").write_bytes(spki)
    digest = ["-digest", "sha256"] if algorithm == "rsa" else []
    common = ["-rawin", *digest, "-in", str(tmp_path / "text")]
    openssl("pkeyutl", "-sign", *common, "-inkey", str(tmp_path / "key"), "-out", str(tmp_path / "signature"))
    verified = openssl(
        "pkeyutl", "-verify", *common, "-pubin", "-keyform", "DER", "-inkey", str(tmp_path / "public"),
        "-sigfile", str(tmp_path / "signature"),
    )  # fmt: skip
    assert b"Verified Successfully" in verified
