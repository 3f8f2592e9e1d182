"""Writes this folder's samples: `python tests/analyzers/languages/testdata/mix/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/app/mix.lock": b"""\
%{
  "credo": {:hex, :credo, "1.7.1", "00", [], [{:bunt, "~> 0.2", []}, {:jason, "~> 1.0", []}], "hexpm"},
  "bunt": {:hex, :bunt, "0.2.1", "00", [:mix], [], "hexpm", "00"},
  "chatterbox": {:hex, :ts_chatterbox, "0.15.1", "00", [:rebar3], [], "hexpm", "00"},
  "jason": {:hex, :jason, "1.4.1", "00", [:mix], [{:decimal, "~> 2.0", [optional: true]}], "hexpm", "00"},
  "phoenix": {:hex, :phoenix, "1.7.10", "", [], [{:jason, "~> 1.0", []}, {:chatterbox, "", []}], "hexpm"},
}
""",
    "good/app/mix.exs": b"""\
defmodule App.MixProject do
  use Mix.Project

  def project do
    [app: :app, version: "0.1.0", deps: deps()]
  end

  defp deps do
    [
      {:phoenix, "~> 1.7"},
      # {:plug, "~> 1.0"},
      {:credo, "~> 1.7", only: [:dev, :test], runtime: false},
    ]
  end
end
""",
    "odd/app/mix.lock": b"""\
%{"local": {:git, "https://github.com/example/local.git", "c6a773d1", [branch: "main"]},
  "tagged" => {:git, "https://github.com/example/tagged.git", "d050e133", [tag: "v1.2.0"]},
  # what older versions of Hex wrote
  "old": {:hex, :old, "0.9.0"},
  "tools": {:hex, :tools, "2.0.0-rc.1", "00", [:mix],
    [], "hexpm:acme", "00"}}
""",
    "odd/app/mix.exs": b"""\
  {:old, ">= 0.0.0"},
  {:local, git: "https://github.com/example/local.git", branch: "main", only: :test},
""",
    "odd/app/apps/web/mix.exs": b"""\
  {:local, in_umbrella: true},
  {:tagged, git: "https://github.com/example/tagged.git", tag: "v1.2.0", only: @environments},
  {:tools, "~> 2.0", organization: "acme", only: :dev},
""",
    "empty/mix.lock": b"""\
%{
}
""",
    "broken/mix.lock": b'%{"jason": {:hex, :jason, "1.4.1", [',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
