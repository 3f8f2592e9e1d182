"""Writes this folder's made-up samples: `python tests/analyzers/languages/testdata/pip/make.py`.

What lies in good/plain and good/hashed was written by pip-compile 7.6 (`--generate-hashes`), good/uv by uv
0.13 (`uv export --no-hashes`); hashes after the second one of a package were taken out.
Each sample lies at the path it would have in a tree, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES: dict[str, bytes] = {
    "odd/requirements-dev.txt": (
        b"\xef\xbb\xbf# what a person writes\n"
        b"--index-url https://pypi.example.org/simple\n"
        b"-r requirements/extra.txt\n"
        b"-r more.in\n"
        b"-c constraints.txt\n"
        b"-e .\n"
        b"-e git+https://example.org/a.git@main#egg=a_b\n"
        b'Django[argon2] == 4.2.1 ; python_version >= "3.8"  # a comment\n'
        b"six===1.16.0\n"
        b"pinned (==1.0)\n"
        b"both==2.0,!=2.0.1\n"
        b"flask\n"
        b"urllib3>=1.26,<3\n"
        b"series==1.*\n"
        b"continued==1.0 \\\n"
        b"    --hash=sha256:00 \\\n"
        b"    --hash=sha256:01\n"
        b"wheel_one @ https://example.org/wheel_one-1.2-py3-none-any.whl#sha256=00\n"
        b"https://example.org/tar-one-1.3.tar.gz\n"
        b"./wheels/local_one-1.4-cp311-cp311-linux_x86_64.whl\n"
        b"./folder\n"
        b"git+https://example.org/b.git\n"
        b"later @ git+https://example.org/later.git@v1\n"
        b"what is this?\n"
    ),
    "odd/requirements/windows.txt": "a==1.0\r\nb==2.0\r\n".encode("utf-16"),
    "empty/requirements.txt": b"",
    "broken/requirements.txt": (b"<<<<<<< HEAD\nflask==1.0\n=======\nflask==2.0\n"),
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
