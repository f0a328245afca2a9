"""The web servers that the documentation puts in front of the portal, each with the file in deploy/ as it is."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from server_world import PATIENCE_S, ROOT, is_up

BACKEND = "127.0.0.1:8000"  # as the files in deploy/ name the portal
_MODULES = (
    "mpm_event", "authz_core", "proxy", "proxy_http", "headers", "reqtimeout", "alias", "unique_id",
)  # fmt: skip
_MODULE_FOLDERS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules")


def _program(*names: str) -> str:
    for name in names:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if found:
            return found
    raise AssertionError(f"{names[0]} is not installed; run `make proxies`, or install it by hand")


def _example(name: str, backend_port: int) -> str:
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    assert BACKEND in text
    return text.replace(BACKEND, f"127.0.0.1:{backend_port}")


def nginx_command(folder: Path, port: int, backend_port: int) -> list[str]:
    """What runs nginx with deploy/nginx.conf, on files in `folder`."""
    (folder / "part.conf").write_text(_example("nginx.conf", backend_port), encoding="utf-8")
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""  # the test's folder is its user's own
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; include {folder}/part.conf; }} }}\n",
        encoding="utf-8",
    )
    return [_program("nginx"), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"), "-p", str(folder)]


def httpd_command(folder: Path, port: int, backend_port: int) -> list[str]:
    """What runs Apache httpd with deploy/httpd.conf, on files in `folder`."""
    program = _program("apache2", "httpd")
    modules = next(place for place in map(Path, _MODULE_FOLDERS) if place.is_dir())
    loads = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in _MODULES)
    user = "" if os.geteuid() else "User www-data\nGroup www-data"
    (folder / "httpd.conf").write_text(
        f"ServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\nListen 127.0.0.1:{port}\n{loads}\n{user}\n"
        f"ServerName localhost\nDefaultRuntimeDir {folder}\n"
        f"<VirtualHost 127.0.0.1:{port}>\n{_example('httpd.conf', backend_port)}\n</VirtualHost>\n",
        encoding="utf-8",
    )
    return [program, "-f", str(folder / "httpd.conf"), "-DFOREGROUND"]


@contextlib.contextmanager
def in_front(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A web server that listens on `port` already; it is stopped afterwards."""
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        end = time.monotonic() + PATIENCE_S
        while not is_up(port):
            assert process.poll() is None and time.monotonic() < end, (folder / "output").read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
