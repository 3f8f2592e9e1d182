"""Writes this folder's samples: `python tests/analyzers/languages/testdata/bundler/make.py`.

The lock below good was written by Bundler 2.3 for a gem with another one in the folder beside it.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

LOCK = b"""\
PATH
  remote: ../other
  specs:
    other (0.2.0.pre.1)
      xmlrpc

PATH
  remote: .
  specs:
    shop (0.1.0)
      webrick (~> 1.8)

GEM
  remote: https://rubygems.org/
  specs:
    net-telnet (0.2.0)
    rake (13.0.6)
    webrick (1.8.1)
    xmlrpc (0.3.2)
      webrick

PLATFORMS
  x86_64-linux

DEPENDENCIES
  net-telnet (~> 0.2)
  other!
  rake
  shop!

BUNDLED WITH
   2.3.27
"""
PLATFORMS = b"""\
GIT
  remote: https://example.org/fork.git
  revision: 0123456789abcdef0123456789abcdef01234567
  branch: main
  specs:
    fork (1.0.0)
      nokogiri (>= 1.6, < 2)

GEM
  remote: https://rubygems.org/
  specs:
    mini_portile2 (2.8.5)
    nokogiri (1.15.5)
      mini_portile2 (~> 2.8.2)
      racc (~> 1.4)
    nokogiri (1.15.5-x86_64-linux)
      racc (~> 1.4)
    racc (1.7.3)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  fork!
  nokogiri

CHECKSUMS
  nokogiri (1.15.5) sha256=22448ca35dbcbdcec60dbe25ccf452b685a5436c28f21b2fec2e20917aba9100

RUBY VERSION
   ruby 3.1.2p20

BUNDLED WITH
   2.5.3
""".replace(b"\n", b"\r\n")
SAMPLES = {
    "good/srv/Gemfile.lock": LOCK,
    "odd/srv/gems.locked": PLATFORMS,
    "empty/srv/a/Gemfile.lock": b"\n",
    "broken/srv/a/Gemfile.lock": LOCK.replace(b"    rake (13.0.6)", b"<<<<<<< HEAD\n    rake (13.0.6)"),
    "broken/srv/b/Gemfile.lock": LOCK.replace(b"rake (13.0.6)", b"rake"),
    "broken/srv/c/Gemfile.lock": b"not a lock\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
