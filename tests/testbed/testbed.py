# SPDX-FileCopyrightText: Mailwright contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bed: Debian hosts with systemd in podman containers, reached over SSH as real hosts are.

A *bed* is a named network with hosts on it. ``up`` brings one up and writes its Ansible inventory, ``down`` takes it
away, ``sh`` runs a command in one of its hosts. Needs root, podman and mmdebstrap, and no image registry: the images
are built from the distribution's own packages.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import images
import podman

BUILD = Path(os.environ.get("MAILWRIGHT_BUILD", Path(__file__).resolve().parents[2] / "build")) / "testbed"
# An invented name below a top-level domain that RFC 2606 reserves for tests.
DOMAIN = "mailwright.test"


def main() -> None:
    arguments = parse_arguments()
    try:
        arguments.run(arguments)
    except podman.TestBedError as error:
        sys.exit(f"test bed: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start the hosts of a bed that do not run yet and write its inventory")
    up.add_argument("--bed", required=True)
    up.add_argument("hosts", nargs="+", metavar="HOST=IMAGE", help=f"IMAGE is one of {', '.join(images.IMAGES)}")
    up.set_defaults(run=bed_up)

    down = commands.add_parser("down", help="remove a bed with all its hosts")
    down.add_argument("--bed", required=True)
    down.set_defaults(run=bed_down)

    shell = commands.add_parser("sh", help="run a command in a host")
    shell.add_argument("--bed", required=True)
    shell.add_argument("host")
    shell.add_argument("command", nargs=argparse.REMAINDER)
    shell.set_defaults(run=host_shell)

    image = commands.add_parser("image", help="build images that are missing or too old")
    image.add_argument("images", nargs="+", choices=images.IMAGES, metavar="IMAGE")
    image.add_argument("--remove", action="store_true", help="remove those that no host needs instead")
    image.set_defaults(run=keep_images)
    return parser.parse_args()


def keep_images(arguments: argparse.Namespace) -> None:
    if arguments.remove:
        for name in arguments.images:
            images.remove(name)
    else:
        build_images(arguments.images)


def build_images(names: list[str]) -> None:
    """Build what is missing, two at a time: each spends half of its time waiting for the network."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: images.ensure(name, BUILD), sorted(set(names))))


def bed_up(arguments: argparse.Namespace) -> None:
    wanted = dict(host.split("=", 1) for host in arguments.hosts)
    unknown = sorted(set(wanted.values()) - set(images.IMAGES))
    if unknown:
        raise podman.TestBedError(f"there is no image {unknown[0]}; one of {', '.join(images.IMAGES)} is needed")
    build_images(list(wanted.values()))
    key = ssh_key()
    network = f"mailwright-{arguments.bed}"
    podman.ensure_network(network)
    with ThreadPoolExecutor(4) as pool:
        addresses = dict(
            zip(
                wanted,
                pool.map(lambda host: start_host(network, host, images.tag(wanted[host]), key), wanted),
                strict=True,
            )
        )
    write_inventory(arguments.bed, addresses, key)


def start_host(network: str, host: str, image: str, key: Path) -> str:
    container = f"{network}-{host}"
    podman.ensure_host(
        container,
        image=image,
        network=network,
        hostname=f"{host}.{DOMAIN}",
        aliases=[host, f"{host}.{DOMAIN}"],
        volumes=[f"{key}.pub:/root/.ssh/authorized_keys:ro"],
    )
    podman.wait_until_up(container)
    return podman.address(container, network)


def write_inventory(bed: str, addresses: dict[str, str], key: Path) -> None:
    """Write what Ansible needs to reach the hosts; groups and variables are the scenario's own inventory's."""
    hosts = {
        host: {
            "ansible_host": address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        for host, address in addresses.items()
    }
    target = inventory_path(bed)
    target.parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML, and Python has no YAML of its own.
    target.write_text(json.dumps({"all": {"hosts": hosts}}, indent=1) + "\n")
    print(target)


def inventory_path(bed: str) -> Path:
    return BUILD / bed / "inventory.yml"


def bed_down(arguments: argparse.Namespace) -> None:
    network = f"mailwright-{arguments.bed}"
    podman.remove_network(network)
    inventory_path(arguments.bed).unlink(missing_ok=True)


def host_shell(arguments: argparse.Namespace) -> None:
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    podman.podman("exec", f"mailwright-{arguments.bed}-{arguments.host}", *(command or ["bash"]), capture=False)


def ssh_key() -> Path:
    """Return the path of the bed's throw-away SSH key, made on first use."""
    key = BUILD / "ssh" / "id_ed25519"
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mailwright test bed", "-f", str(key)], check=True
        )
    return key


if __name__ == "__main__":
    main()
