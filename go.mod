module github.com/unified-cancel/cancel

go 1.26

require (
	golang.org/x/net v0.58.0
	golang.org/x/text v0.41.0
)

require (
	github.com/hooklift/gowsdl v0.5.0 // indirect
	github.com/jarcoal/httpmock v1.4.2 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/time v0.15.0 // indirect
)
