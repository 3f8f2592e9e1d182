  {:local, in_umbrella: true},
  {:tagged, git: "https://github.com/example/tagged.git", tag: "v1.2.0", only: @environments},
  {:tools, "~> 2.0", organization: "acme", only: :dev},
