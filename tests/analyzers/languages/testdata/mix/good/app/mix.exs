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
