module example.org/old

go 1.16

require (
	github.com/pkg/errors v0.9.1
	github.com/russross/blackfriday/v2 v2.0.1
)

exclude github.com/shurcooL/sanitized_anchor_name v0.9.0
