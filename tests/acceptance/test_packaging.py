import re
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from config.load import load
from crawler.version import VERSION

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/cleanbill.service"
MANIFEST = ROOT / "deploy/kubernetes.yaml"


def variables(text: str) -> dict[str, str]:
    return dict(re.findall(r"(CLEANBILL_\w+)=(\S+)", text))


@pytest.mark.parametrize("file", [ROOT / "Dockerfile", UNIT], ids=lambda file: file.name)
def test_variables_are_settings(file: Path) -> None:
    settings = load(None, variables(file.read_text(encoding="utf-8")))
    assert settings.store.path == Path("/var/lib/cleanbill/cleanbill.db")


def test_containers_settings_file_is_one(tmp_path: Path) -> None:
    match = re.search(
        r"^  cleanbill\.toml: \|\n((?:    .*\n)+)", MANIFEST.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert match is not None
    text = dedent(match[1])
    uncommented = text.replace("# ", "").replace("/run/secrets/cleanbill", str(tmp_path))
    (tmp_path / "registry-password").write_text("hunter2\n", encoding="utf-8")
    for count, content in enumerate((text, uncommented)):
        file = tmp_path / f"{count}.toml"
        file.write_text(content, encoding="utf-8")
        assert len(load(file, {}).registries) == 1


def test_one_user_everywhere() -> None:
    manifest = MANIFEST.read_text(encoding="utf-8")
    container = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    users = re.findall(r"(?:runAsUser|runAsGroup|fsGroup): (\d+)", manifest)
    users += re.findall(r"--(?:uid|gid|owner|group) (\d+)", container)
    users += re.findall(r"^USER (\d+):(\d+)$", container, re.MULTILINE)[0]
    assert set(users) == {"10001"}


def test_image_has_the_projects_version() -> None:
    assert f'image.version="{VERSION}"' in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"image: cleanbill:{VERSION}\n" in MANIFEST.read_text(encoding="utf-8")


def test_image_holds_what_the_project_installs() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = tomllib.loads(text)["tool"]["setuptools"]["packages"]["find"]["include"]
    rooms = {package.rstrip("*") for package in packages}
    copied = set(
        re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    sent = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert rooms == copied
    assert sent == copied | {"LICENSE", "requirements"}


@pytest.mark.parametrize("name", ["build", "dev", "lock", "runtime"])
def test_requirements_are_pinned_by_hash_without_saying_from_where(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all(
        re.match(r"[\w.-]+(?:\[[\w,-]+\])?==", entry) and "--hash=sha256:" in entry for entry in entries
    )
    assert "://" not in text
