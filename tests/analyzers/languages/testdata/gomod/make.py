"""Writes this folder's samples: `python tests/analyzers/languages/testdata/gomod/make.py`.

The manifests below good were written by `go mod tidy` of Go 1.26, less two lines that older ones left out.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

NEW = b"""\
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
"""
OLD = b"""\
module example.org/old

go 1.16

require (
	github.com/pkg/errors v0.9.1
	github.com/russross/blackfriday/v2 v2.0.1
)

exclude github.com/shurcooL/sanitized_anchor_name v0.9.0
"""
OLD_SUM = b"""\
github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=
github.com/pkg/errors v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=
github.com/pmezard/go-difflib v1.0.0 h1:4DBwDE0NGyQoBHbLQYPwSUPoCMWR5BEzIk/f1lZbAQM=
github.com/pmezard/go-difflib v1.0.0/go.mod h1:iKH77koFhYxTK1pcRnkKkqfTogsbg7gZNVY4sRDYZ/4=
github.com/russross/blackfriday/v2 v2.0.1 h1:lPqVAte+HuHNfhJ/0LC98ESWRz8afy9tM/0RK8m9o+Q=
github.com/russross/blackfriday/v2 v2.0.1/go.mod h1:+Rmxgy9KzJVeS9/2gXHxylqXiyQDYRxCVz55jmeOWTM=
github.com/shurcooL/sanitized_anchor_name v1.0.0 h1:PdmoCO6wvbs+7yrJyMORt4/BmY5IYyJwS/kOiWx8mHo=
github.com/shurcooL/sanitized_anchor_name v1.0.0/go.mod h1:1NzhyTcUVG4SuEtjjoZeVRXNmyL/1OwPU0+IJeTBvfc=
"""
ODD = b"""\
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
"""
SAMPLES = {
    "good/srv/new/go.mod": NEW,
    "good/srv/old/go.mod": OLD,
    "good/srv/old/go.sum": OLD_SUM,
    "odd/srv/odd/go.mod": ODD,
    "empty/srv/a/go.mod": b"",
    "broken/srv/b/go.mod": b"module example.org/b\n\nrequire example.org/lonely\n",
    "broken/srv/b/go.sum": b"example.org/a v1.0.0 h1:x\nexample.org/b v1.0.0\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
