"""Writes this folder's samples: `python tests/analyzers/languages/testdata/luarocks/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/usr/local/lib/luarocks/rocks-5.3/luasocket/3.1.0-1/luasocket-3.1.0-1.rockspec": b"""\
package = "LuaSocket"
version = "3.1.0-1"
source = {
   url = "git+https://github.com/lunarmodules/luasocket.git",
   tag = "v3.1.0"
}
description = {
   summary = "Network support for the Lua language",
   license = "MIT"
}
dependencies = {
   "lua >= 5.1",
   "compat53 ~> 0.7"
}
build = { type = "builtin" }
""",
    "odd/app/kong-3.4.0-0.rockspec": b"""\
local PACKAGE_VERSION = "3.4.0-0"
package = 'kong'; -- the gateway
version = PACKAGE_VERSION
--[[ dependencies = { "none" } ]]
dependencies = { 'inspect == 3.1.3', "lua-resty-http", }
description = { license = [[Apache 2.0]] }
""",
    "empty/a-1-1.rockspec": b"",
    "broken/a.rockspec": b'package = "a"\nversion = computed()\n',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
