# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests' platform as a program of its own, as a test bed runs it, and its look into the DNS."""

from __future__ import annotations

import base64
import json
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rrset
import pytest
from cybermail.dns_text import read_texts
from cybermail.endpoints import Endpoints
from cybermail.store import Store

TESTS = Path(__file__).parents[4]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[dict[str, Any]]:
    ports = ["--https", "0", "--submission", "0", "--submissions", "0"]
    where = ["--directory", str(tmp_path / "platform"), "--name", "localhost", "--address", "127.0.0.1"]
    # -I and -S: nothing but Python's own library.
    start = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r}); import runpy; runpy.run_module('cybermail', None, '__main__')"
    )
    command = [sys.executable, "-I", "-S", "-c", start, *where, *ports]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
        process.stdout.close()


def ask(program: dict[str, Any], path: str, body: Any, key: str = "") -> Any:
    context = ssl.create_default_context(cafile=program["ca_path"])
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(program["url"].replace("/email/cp/", path), json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, context=context, timeout=10) as answer:
        return json.load(answer)


def test_the_program_is_told_what_to_do_and_tells_what_came(program: dict[str, Any]) -> None:
    me = {"email": "a@b.example", "password": "a long password"}
    key = ask(program, "/email/cp/api/register/", me)["data"]["api_key"]
    body = {"email": me["email"], "domain": "b.example", "description": "d"}
    ask(program, "/email/cp/api/domains/add/", body, key)
    ask(program, "/control/published", {"b.example": ["spf", "dkim", "dmarc"]})
    assert ask(program, "/email/cp/api/domains/verify/", body, key)["data"]["all"] is True
    issued = ask(program, "/email/cp/api/smtp/create/", body, key)["data"]
    assert issued["smtp_port"] == program["submission"]
    context = ssl.create_default_context(cafile=program["ca_path"])
    with smtplib.SMTP("localhost", program["submission"], timeout=10) as session:
        session.ehlo()
        assert session.docmd("AUTH", "PLAIN") == (530, b"5.7.0 Must issue a STARTTLS command first")
        session.starttls(context=context)
        session.ehlo()
        assert session.docmd("MAIL", "FROM:<a@b.example>")[0] == 530
        login = base64.b64encode(issued["username"].encode()).decode()
        assert session.docmd("AUTH", f"LOGIN {login}")[0] == 334
        assert session.docmd(base64.b64encode(issued["password"].encode()).decode())[0] == 235
        session.sendmail("a@b.example", "c@d.example", b"Subject: x\r\n\r\n..\r\n\xff\r\n")
    (message,) = ask(program, "/control/messages", {})
    assert (message["sender"], message["recipients"]) == ("a@b.example", ["c@d.example"])
    assert message["data"].encode("latin-1") == b"Subject: x\r\n\r\n..\r\n\xff\r\n"
    ask(program, "/control/replies", {"AUTH": "454 4.7.0 Not now"})
    with (
        smtplib.SMTP_SSL("localhost", program["submissions"], timeout=10, context=context) as session,
        pytest.raises(smtplib.SMTPAuthenticationError, match="Not now"),
    ):
        session.login(issued["username"], issued["password"])
    ask(program, "/control/faults", {"endpoint": "api/health/", "how": "body", "body": "{}"})
    assert ask(program, "/email/cp/api/health/", {}) == {}
    ask(program, "/control/faults", {})
    assert ask(program, "/email/cp/api/health/", {})["success"] is True
    state = ask(program, "/control/state", {})
    assert list(state) == ["a@b.example"]
    assert key not in json.dumps(state)


def test_another_program_tells_it_what_to_do(program: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "cybermail.ask", program["ca_path"], program["url"], "faults"]
    fault = json.dumps({"endpoint": "api/health/", "how": "body", "body": "[]"})
    done = subprocess.run(command, input=fault, cwd=TESTS, check=True, capture_output=True, text=True, timeout=20)
    assert json.loads(done.stdout) == {}
    assert ask(program, "/email/cp/api/health/", {}) == []


def test_texts_of_an_answer_of_a_name_server() -> None:
    answer = dns.message.make_response(dns.message.make_query("k._domainkey.b.example", "TXT"))
    alias = dns.rrset.from_text("k._domainkey.b.example.", 60, "IN", "CNAME", "k.c.example.")
    texts = dns.rrset.from_text("k.c.example.", 60, "IN", "TXT", '"v=DKIM1; " "p=abc"', '"other"')
    answer.answer += [alias, texts]
    assert sorted(read_texts(answer.to_wire())) == ["other", "v=DKIM1; p=abc"]


def test_a_domain_is_verified_by_what_a_name_server_answers() -> None:
    published: dict[str, str] = {}

    def serve(connection: socket.socket) -> None:
        while True:
            content, address = connection.recvfrom(4096)
            query = dns.message.from_wire(content)
            answer = dns.message.make_response(query)
            name = query.question[0].name.to_text(omit_final_dot=True)
            if name in published:
                text = published[name]
                strings = " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", strings))
            connection.sendto(answer.to_wire(), address)
            if name == "_dmarc.last.example":
                return

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(connection,))
        thread.start()
        endpoints = Endpoints(Store("A" * 392, "localhost", 587), f"127.0.0.1#{connection.getsockname()[1]}")
        me = {"email": "a@b.example", "password": "a long password"}
        key = endpoints.answer("api/register/", "", me)["api_key"]
        seen = []
        for name in ("b.example", "last.example"):
            body = {"email": me["email"], "domain": name}
            endpoints.answer("api/domains/add/", key, body)
            if name == "last.example":
                records = endpoints.answer("api/domains/dns-records/", key, body)["records"]
                published |= {
                    name: "v=spf1 mx include:spf.cyberpersons.com -all",
                    f"cm1._domainkey.{name}": records[1]["value"],
                    f"_dmarc.{name}": "v=DMARC1; p=reject",
                }
            seen.append(endpoints.answer("api/domains/verify/", key, body)["all"])
        thread.join()
    assert seen == [False, True]
