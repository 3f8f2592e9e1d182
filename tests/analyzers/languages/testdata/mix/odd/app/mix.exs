  {:old, ">= 0.0.0"},
  {:local, git: "https://github.com/example/local.git", branch: "main", only: :test},
