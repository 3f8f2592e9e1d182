"""Writes this folder's samples: `python tests/analyzers/languages/testdata/otp/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/usr/lib/erlang/lib/ssl-10.8.7/ebin/ssl.app": b"""\
{application, ssl,
   [{description, "Erlang/OTP SSL application"},
    {vsn, "10.8.7"},
    {modules, [
               %% TLS/SSL
               tls_connection
               ]},
    {registered, [ssl_sup]},
    {applications, [crypto, public_key, kernel, stdlib]},
    {env, []},
    {mod, {ssl_app, []}}]}.
""",
    "good/app/lib/cowboy-2.9.0/ebin/cowboy.app": b"""\
{application, 'cowboy', [
	{description, "Small, fast, modern HTTP server."},
	{vsn, "2.9.0"},
	{modules, ['cowboy','cowboy_app']},
	{applications, [kernel,stdlib,crypto,cowlib,ranch]},
	{licenses, ["ISC"]}
]}.
""",
    "odd/ebin/a.app": b"""\
{application,a,[{vsn,"1.0" "-rc1"},{description,"it\\"s [a"},{applications,[a-b]}]}.
""",
    "empty/ebin/a.app": b"",
    "broken/ebin/a.app": b"{application,a,[{vsn,git}]",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
