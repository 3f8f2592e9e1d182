module example.org/shop

go 1.22.1

toolchain go1.22.5

require (
	github.com/pkg/errors v0.0.0-00010101000000-000000000000
	github.com/spf13/cobra v1.10.2
)

require (
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
)

replace github.com/pkg/errors => github.com/pkg/errors v0.9.1
