"""Writes this folder's samples: `python tests/analyzers/languages/testdata/rebar/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/app/rebar.lock": b"""\
{"1.2.0",
[{<<"accept">>,{pkg,<<"accept">>,<<"0.3.5">>},1},
 {<<"jsx">>,{pkg,<<"jsx">>,<<"3.1.0">>},0},
 {<<"tls_certificate_check">>,
  {pkg,<<"tls_certificate_check">>,<<"1.27.0">>},
  0}]}.
[
{pkg_hash,[
 {<<"accept">>, <<"B33B127ABCA7CC948BBE6CAA4C263369ABF1347CFA9D8E699C6D214660F10CD1">>},
 {<<"jsx">>, <<"D12516BAA0BB23A59BB35DCCAF02A1BD08243FCBB9EFE24F2D9D056CCFF71268">>}]}
].
""",
    "odd/app/rebar.lock": b"""\
[{<<"mqtt">>,
  {git,"https://github.com/example/mqtt.git",
       {ref,"d4aa0739dfe1e1958e66a96ec9418b655ddc8651"}},
  0},
 {<<"tagged">>,{git,"https://github.com/example/tagged.git",{tag,"v1.2.0"}},1},
 {<<"app">>,{pkg,<<"another_name">>,<<"1.0.0">>, <<"00">>, <<"00">>},0}]. % before rebar3 3.7
""",
    "empty/rebar.lock": b"""\
[].
""",
    "broken/rebar.lock": b'{"1.2.0",\n[{<<"jsx">>,',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
