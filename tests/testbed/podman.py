# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""podman as the test bed uses it: networks, systemd hosts, and the ground that small virtual machines lack."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUNTIME = Path("/run/mailwright-testbed")
NAMESPACE = RUNTIME / "mount-namespace"
_CAP_SYS_RESOURCE = 24


class TestBedError(Exception):
    """Something the test bed needs is not there or did not work; the text says what."""


def podman(*arguments: str, capture: bool = True, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run podman on prepared ground.

    Raises:
        TestBedError: podman failed and its output was captured (the message holds it).
        CalledProcessError: it failed and wrote to the terminal itself.
    """
    command = [*_entrance(), "podman", *arguments]
    result = subprocess.run(command, capture_output=capture, text=True, env=_environment(), check=False)
    if check and result.returncode != 0:
        if capture:
            raise TestBedError(f"podman {' '.join(arguments[:3])} ...: {result.stderr.strip()}")
        raise subprocess.CalledProcessError(result.returncode, command)
    return result


@functools.cache
def _entrance() -> list[str]:
    """Return the command prefix that enters a mount namespace with a unified cgroup hierarchy, if one is needed.

    crun refuses a hybrid hierarchy. The namespace gets a cgroup2 mount of its own; the machine's mounts stay.
    """
    if os.geteuid() != 0:
        raise TestBedError("needs root, because its hosts run systemd and have network addresses of their own")
    if shutil.which("podman") is None:
        raise TestBedError("podman is not installed; 'make setup' installs what the test bed needs")
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return []
    enter = ["nsenter", f"--mount={NAMESPACE}"]
    with _alone():
        if subprocess.run(
            [*enter, "test", "-e", "/sys/fs/cgroup/cgroup.controllers"], capture_output=True, check=False
        ).returncode:
            _make_namespace(enter)
    return enter


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the machine-wide lock of the test bed: scenarios run side by side."""
    RUNTIME.mkdir(exist_ok=True)
    with RUNTIME.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_namespace(enter: list[str]) -> None:
    # A namespace file can only live on a private mount (unshare(1), --mount=FILE).
    if not os.path.ismount(RUNTIME):
        subprocess.run(["mount", "--bind", str(RUNTIME), str(RUNTIME)], check=True)
        subprocess.run(["mount", "--make-private", str(RUNTIME)], check=True)
    NAMESPACE.touch()
    subprocess.run(["unshare", f"--mount={NAMESPACE}", "--propagation", "private", "true"], check=True)
    subprocess.run([*enter, "umount", "--recursive", "/sys/fs/cgroup"], check=True)
    subprocess.run([*enter, "mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)


@functools.cache
def _environment() -> dict[str, str]:
    """Return the environment of podman; where limits cannot be raised, it names a configuration that does not try."""
    environment = dict(os.environ)
    status = Path("/proc/self/status").read_text()
    capabilities = int(status.split("CapEff:")[1].split()[0], 16)
    if not capabilities >> _CAP_SYS_RESOURCE & 1:
        environment["CONTAINERS_CONF"] = str(Path(__file__).with_name("containers-limited.conf"))
    return environment


def ensure_network(name: str) -> None:
    """Create the dual-stack network ``name`` with name resolution unless it is there."""
    if podman("network", "exists", name, check=False).returncode:
        podman("network", "create", "--ipv6", name)


def remove_network(name: str) -> None:
    """Remove the network ``name`` and every host on it."""
    hosts = podman("ps", "--all", "--quiet", "--filter", f"network={name}").stdout.split()
    if hosts:
        remove = ("rm", "--force", "--time", "2", "--volumes")
        # A host that ends in the very moment in which it is killed makes podman fail; it is gone when asked again.
        if podman(*remove, *hosts, check=False).returncode != 0:
            podman(*remove, "--ignore", *hosts)
    podman("network", "rm", "--force", name)


def ensure_host(name: str, *, image: str, network: str, hostname: str, aliases: list[str], volumes: list[str]) -> None:
    """Start the systemd host ``name`` unless it runs."""
    state = podman("inspect", "--format", "{{.State.Running}}", name, check=False)
    if state.returncode == 0:
        if state.stdout.strip() != "true":
            podman("start", name)
        return
    options = [f"--network-alias={alias}" for alias in aliases] + [f"--volume={volume}" for volume in volumes]
    # One at a time: netavark trips when two first hosts of a machine set up its network at once.
    with _alone():
        podman(
            "run", "--detach", "--privileged", "--systemd=always", f"--name={name}", f"--hostname={hostname}",
            f"--network={network}", *options, image, "/sbin/init",
        )  # fmt: skip


def wait_until_up(name: str, seconds: int = 90) -> None:
    """Wait until systemd in the host ``name`` says that it is running.

    Raises:
        TestBedError: it does not within ``seconds``, or a unit failed (named).
    """
    deadline = time.monotonic() + seconds
    state = ""
    while time.monotonic() < deadline:
        state = podman("exec", name, "systemctl", "is-system-running", check=False).stdout.strip()
        if state == "running":
            return
        if state == "degraded":
            failed = podman("exec", name, "systemctl", "--failed", "--plain", "--no-legend", check=False).stdout
            raise TestBedError(f"{name}: units failed at boot: {failed.strip()}")
        time.sleep(0.2)
    raise TestBedError(f"{name}: systemd is '{state}' after {seconds} s")


def address(name: str, network: str) -> str:
    """Return the IPv4 address of the host ``name`` on ``network``."""
    networks = json.loads(podman("inspect", "--format", "{{json .NetworkSettings.Networks}}", name).stdout)
    return str(networks[network]["IPAddress"])
