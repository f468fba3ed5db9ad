# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium without network, spoken to over a pipe as the Chrome DevTools Protocol has it.

Each message is JSON that ends with a NUL, on file descriptors 3 and 4 of the browser (``--remote-debugging-pipe``).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self

# Longer than a slow machine needs, and short enough that a browser that hangs is told.
TIMEOUT = 30


class Browser:
    """One tab. ``events`` are the notices of the browser, in their order."""

    def __init__(self, profile: Path) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None:
            raise RuntimeError("there is no Chromium on this machine: make setup")
        shutil.rmtree(profile, ignore_errors=True)
        profile.mkdir(parents=True)
        for_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        arguments = [
            program,
            "--headless",
            "--no-sandbox",  # root has no sandbox, and the only page is ours
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={profile}",
            "--remote-debugging-pipe",
            "about:blank",
        ]
        # The shell puts the two pipes where the browser looks for them.
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec 3<&{for_browser} 4>&{from_browser}; exec "$@"', "bash", *arguments],
            pass_fds=(for_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=(profile / "stderr").open("wb"),
        )
        os.close(for_browser)
        os.close(from_browser)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{part}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._session = None
        try:
            self.call("Browser.close")
            self._process.wait(TIMEOUT)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the result of one command of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])
            self.events.append(answer)

    def open(self, page: Path, width: int, dark: bool = False, media: str = "screen") -> None:
        """Show ``page`` in a window ``width`` pixels wide; below 600 as a phone does."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600
        )
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        deadline = time.monotonic() + TIMEOUT
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{page} was not loaded")
            self.evaluate("1")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, run beside the page's own rules."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def screenshot(self, path: Path) -> bytes:
        """Write the whole page as a PNG to ``path``, and return it."""
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        content = base64.b64decode(found["data"])
        path.write_bytes(content)
        return content

    def pdf(self) -> bytes:
        """Return the page as it would be printed on A4."""
        found = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=True)
        return base64.b64decode(found["data"])

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for since it was opened."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """Return what the browser found wrong with the page: errors, and what its policy forbade."""
        return [event["params"]["entry"]["text"] for event in self.events if event.get("method") == "Log.entryAdded"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], TIMEOUT)[0]:
                raise RuntimeError("the browser does not answer")
            found = os.read(self._read, 1 << 20)
            if not found:
                raise RuntimeError("the browser ended")
            self._buffer += found
        message, self._buffer = self._buffer.split(b"\0", 1)
        return dict(json.loads(message))
