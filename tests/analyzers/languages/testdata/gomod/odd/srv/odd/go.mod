module "example.org/odd" // Deprecated: use another

go 1.22rc1
toolchain default
tool example.org/tools/cmd/gen
retract [v1.0.0, v1.0.5] // broken
require (
	`example.org/raw` v1.0.0 // indirect; for the tools
	example.org/folder v1.2.3
	example.org/forked v1.0.0 // indirectly
	example.org/kept v1.0.0//indirect
)
replace (
	example.org/folder => ../folder
	example.org/forked => example.org/any v9.0.0
	example.org/forked v1.0.0 => example.org/fork v1.0.1
	example.org/kept v2.0.0 => example.org/lost v1.0.0
)
