module github.com/unified-cancel/cancel

go 1.26

require (
	github.com/beevik/etree v1.8.1
	github.com/davecgh/go-spew v1.1.1
	github.com/hooklift/gowsdl v0.5.0
	github.com/russellhaering/goxmldsig v1.6.1
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.58.0
	golang.org/x/text v0.41.0
	golang.org/x/time v0.15.0
	gopkg.in/dnaeon/go-vcr.v4 v4.0.7
)

require go.yaml.in/yaml/v4 v4.0.0-rc.6 // indirect

require (
	github.com/jonboulle/clockwork v0.5.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
