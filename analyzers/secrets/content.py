"""Secrets in the text of all files.

Forms of tokens: the providers' documentation, named beside the rules; PEM: https://www.rfc-editor.org/rfc/rfc7468
"""

import functools
from collections.abc import Iterator

from analyzers.inventory import Analyzer, Fact, File, Scanner, View
from analyzers.limits import MIB
from analyzers.secrets._engine import SecretScanner

SKIPPED_EXTENSIONS = frozenset(
    {
        "png",
        "jpg",
        "jpeg",
        "gif",
        "ico",
        "webp",
        "bmp",
        "tif",
        "tiff",
        "avif",
        "heic",
        "psd",
        "mp3",
        "mp4",
        "m4a",
        "m4v",
        "ogg",
        "oga",
        "ogv",
        "opus",
        "wav",
        "flac",
        "avi",
        "mov",
        "mkv",
        "webm",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "eot",
        "gz",
        "tgz",
        "bz2",
        "tbz2",
        "xz",
        "txz",
        "zst",
        "lz",
        "lz4",
        "lzma",
        "br",
        "zip",
        "7z",
        "rar",
        "jar",
        "war",
        "ear",
        "whl",
        "egg",
        "deb",
        "rpm",
        "apk",
        "dmg",
        "iso",
        "img",
        "qcow2",
        "vmdk",
        "vhd",
        "vhdx",
        "so",
        "dylib",
        "dll",
        "exe",
        "o",
        "a",
        "lib",
        "class",
        "wasm",
        "pdb",
        "mo",
        "gmo",
        "gresource",
        "parquet",
        "arrow",
        "npy",
        "npz",
        "h5",
        "onnx",
        "pt",
        "safetensors",
        "gguf",
        "tflite",
    }
)
"""Of paths that are never read: media, archives (their members are other files) and machine code."""


@functools.cache
def _scanner() -> SecretScanner:
    return SecretScanner()


def parse(file: File) -> Iterator[Fact]:
    """Yield each secret of the file, and a Problem when there are too many; nothing of binary files."""
    yield from _scanner().examine(file.path, file.data)


ANALYZER = Analyzer(
    id="secrets/content",
    version=4,
    scanner=Scanner.SECRET,
    views=frozenset({View.INSTALLED, View.DECLARED}),
    globs=tuple(f"!**/*.{extension}" for extension in sorted(SKIPPED_EXTENSIONS)),
    every_file=True,
    most_bytes=128 * MIB,
    parse=parse,
)
