"""Ceph's RADOS gateway: one monitor, one object store daemon in memory, and the gateway, on loopback.

Nothing else of Ceph is needed: no manager, no metadata server. Authentication (cephx) cannot be left out: the
gateway does not start without a key.
"""

from __future__ import annotations

import signal
from contextlib import AbstractContextManager
from uuid import uuid4

from tests.servers import s3
from tests.servers.folder import ServerFolder
from tests.servers.processes import ServerProcess
from tests.servers.ready import HOST, answers, free_port, program, wait_until_ready

HINT = "install ceph-mon ceph-osd radosgw ceph-common"
_PROGRAMS = ("monmaptool", "ceph-authtool", "ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin")
_ACCESS, _SECRET = "fileroom", "fileroom-secret"
_SIZE = 16 * 1024**3  # bytes it says it can hold; memory is used for what it does hold
_SETTINGS = """\
[global]
fsid = {fsid}
mon host = v2:{host}:{mon_port}
mon initial members = a
public addr = {host}
keyring = {room}/keyring
run dir = {room}
admin socket = {room}/$name.asok
pid file =
log file =
log to stderr = true
mon data = {room}/mon
osd data = {room}/osd
rgw data = {room}
rgw frontends = beast endpoint={host}:{port}
osd objectstore = memstore
memstore device bytes = {size}
# One copy, and one placement group for each pool.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
# However full the machine's disk is: nothing is kept there.
mon data avail crit = 0
# A second by default, and every new pool takes several such intervals.
paxos propose interval = 0.01
paxos min wait = 0.01
"""
_KEYS = {
    "mon.": ("--cap", "mon", "allow *"),
    "client.admin": ("--cap", "mon", "allow *", "--cap", "osd", "allow *"),
    "osd.0": ("--cap", "mon", "allow *", "--cap", "osd", "allow *"),
}


def available() -> bool:
    """Say whether all programs are there."""
    return all(map(program, _PROGRAMS))


def bucket(folder: ServerFolder) -> AbstractContextManager[s3.S3Server]:
    """Return a bucket on the run's gateway, starting it where nobody has yet."""
    port = folder.once("ceph", lambda: _start(folder))["port"]
    return s3.bucket(f"http://{HOST}:{port}", _ACCESS, _SECRET)


def _start(folder: ServerFolder) -> dict[str, int]:
    room, fsid = folder.room("ceph"), str(uuid4())
    mon_port, port = free_port(), free_port()
    settings = room / "ceph.conf"
    settings.write_text(
        _SETTINGS.format(fsid=fsid, host=HOST, mon_port=mon_port, room=room, port=port, size=_SIZE)
    )
    env = {"CEPH_CONF": str(settings), "CEPH_ARGS": ""}

    def run(name: str, *words: object) -> None:
        folder.run(program(name), *words, env=env)

    def spawn(name: str, *words: object) -> ServerProcess:
        log = room / f"{name}.log"
        # Asked to end, the gateway waits for the others.
        return folder.spawn(program(name), "-f", *words, log=log, stop=signal.SIGKILL, env=env)

    (room / "keyring").touch()
    (room / "osd").mkdir()
    for name, rights in _KEYS.items():
        run("ceph-authtool", room / "keyring", "--gen-key", "-n", name, *rights)
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:{HOST}:{mon_port}]", room / "monmap")
    run("ceph-mon", "--mkfs", "-i", "a", "--monmap", room / "monmap", "--keyring", room / "keyring")
    spawn("ceph-mon", "-i", "a")
    osd = uuid4()
    run("ceph", "osd", "new", osd)
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
    spawn("ceph-osd", "-i", "0")
    user = ("--uid=fileroom", "--display-name=Fileroom")
    run("radosgw-admin", "user", "create", *user, f"--access-key={_ACCESS}", f"--secret-key={_SECRET}")
    gateway = spawn("radosgw", "-n", "client.admin")
    wait_until_ready(gateway, room / "radosgw.log", lambda: answers(port))
    return {"port": port}
