{application, 'cowboy', [
	{description, "Small, fast, modern HTTP server."},
	{vsn, "2.9.0"},
	{modules, ['cowboy','cowboy_app']},
	{applications, [kernel,stdlib,crypto,cowlib,ranch]},
	{licenses, ["ISC"]}
]}.
