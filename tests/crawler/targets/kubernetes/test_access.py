import ssl
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
import yaml

from config.errors import ConfigError
from crawler.registry.errors import UnauthorizedError
from crawler.targets.kubernetes.access import Access, find_access
from crawler.targets.kubernetes.api import open_api
from crawler.targets.kubernetes.objects import Version
from tests.fakes.kubernetes import FakeCluster

pytest.importorskip("kubernetes_asyncio", reason="the extra k8s is not installed")

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
async def cluster() -> AsyncIterator[FakeCluster]:
    async with FakeCluster(token=TOKEN) as cluster:
        yield cluster


async def version(access: Access) -> str:
    async with open_api(access) as api:
        return (await api.get("/version", Version)).git_version


async def found(file: Path, context: str = "") -> Access:
    return await find_access(kubeconfig=str(file), context=context, environ={})


async def test_a_token_of_the_kubeconfig(cluster: FakeCluster, tmp_path: Path) -> None:
    file = cluster.kubeconfig(tmp_path)
    access = await found(file)
    assert (access.cluster, access.url, await version(access)) == ("fake", cluster.url, "v1.34.2")
    assert TOKEN not in repr(access)
    with pytest.raises(UnauthorizedError):
        await version(await found(file, "nobody"))


async def test_kubeconfig_is_found_by_the_environment(cluster: FakeCluster, tmp_path: Path) -> None:
    file = cluster.kubeconfig(tmp_path)
    named = {"KUBECONFIG": f"/nowhere:{file}"}
    assert (await find_access(kubeconfig="", context="", environ=named)).url == cluster.url
    home = tmp_path / "home"
    (home / ".kube").mkdir(parents=True)
    file.rename(home / ".kube" / "config")
    assert (await find_access(kubeconfig="", context="main", environ={"HOME": str(home)})).url == cluster.url


async def test_a_program_logs_in(cluster: FakeCluster, tmp_path: Path) -> None:
    program = tmp_path / "login"
    kind = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    answer = {**kind, "status": {"token": TOKEN}}
    program.write_text(f"#!{sys.executable}\nimport json\nprint(json.dumps({answer!r}))\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program)}}
    assert await version(await found(cluster.kubeconfig(tmp_path, user=user))) == "v1.34.2"


async def test_a_program_that_fails_is_told(cluster: FakeCluster, tmp_path: Path) -> None:
    script = "import sys; print('no session', file=sys.stderr); sys.exit(3)"
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", script],
        }
    }
    with pytest.raises(ConfigError, match=r"exec: process returned 3. no session"):
        await found(cluster.kubeconfig(tmp_path, user=user))


async def test_a_pod_logs_in_by_its_service_account(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    async with FakeCluster(tls=server, token=TOKEN) as cluster:
        host, _, port = cluster.url.removeprefix("https://").partition(":")
        environ = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "HOME": "/nowhere"}
        access = await find_access(kubeconfig="", context="", environ=environ, service_account=tmp_path)
        assert (access.cluster, await version(access)) == ("in-cluster", "v1.34.2")
    (tmp_path / "token").unlink()
    with pytest.raises(ConfigError, match="cannot be used to log in to the cluster"):
        await find_access(kubeconfig="", context="", environ=environ, service_account=tmp_path)


async def test_authority_and_client_certificate_of_the_kubeconfig(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("cluster.test").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    client = authority.issue_cert("client@cluster.test")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    client.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    user = {"client-certificate": "client.pem", "client-key": "client.pem", "token": TOKEN}
    tls = {"certificate-authority": "ca.crt", "tls-server-name": "cluster.test"}
    async with FakeCluster(tls=server, token=TOKEN) as cluster:
        assert await version(await found(cluster.kubeconfig(tmp_path, user=user, **tls))) == "v1.34.2"


BROKEN = {
    "empty": b"",
    "no YAML": f"users: [{{token: {TOKEN}\n".encode(),
    "not Unicode": b"\xff\xfe\x00",
    "a list": b"- 1\n",
    "no context": b"{clusters: [], contexts: [], users: []}",
    "no cluster": yaml.safe_dump(
        {
            "current-context": "x",
            "clusters": [],
            "contexts": [{"name": "x", "context": {"user": "x", "token": TOKEN}}],
            "users": [{"name": "x", "user": {"token": TOKEN}}],
        }
    ).encode(),
    "a user without parts": yaml.safe_dump(
        {
            "current-context": "x",
            "clusters": [{"name": "x", "cluster": {"server": "https://x.test"}}],
            "contexts": [{"name": "x", "context": {"user": "x", "cluster": "x"}}],
            "users": [{"name": "x", "user": {"exec": {"env": [TOKEN]}}}],
        }
    ).encode(),
    "certificates that are none": yaml.safe_dump(
        {
            "current-context": "x",
            "clusters": [
                {"name": "x", "cluster": {"server": "https://x.test", "certificate-authority-data": "eA=="}}
            ],
            "contexts": [{"name": "x", "context": {"user": "x", "cluster": "x"}}],
            "users": [{"name": "x", "user": {"token": TOKEN}}],
        }
    ).encode(),
}


TOLD = "empty, expected a kubeconfig|a list, expected a kubeconfig|no current-context, nor any other"


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_kubeconfig_is_told_without_its_secrets(tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "config"
    file.write_bytes(body)
    with pytest.raises(ConfigError, match=f"^{file}: ({TOLD})|cannot be used: ") as raised:
        await found(file)
    assert TOKEN not in str(raised.value)


async def test_contexts_are_told_when_one_is_missing(cluster: FakeCluster, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"/kubeconfig: no context 'nocontext'; there is: main, nobody$"):
        await found(cluster.kubeconfig(tmp_path), "nocontext")


async def test_no_kubeconfig_at_all() -> None:
    with pytest.raises(ConfigError, match=r"/nowhere/.kube/config: no such kubeconfig; --kubeconfig"):
        await find_access(kubeconfig="", context="", environ={"HOME": "/nowhere"})
