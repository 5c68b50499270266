// Package peertest runs SOAP clients that are not part of this module, so that the simulators are
// checked against them: zeep (Python) and SoapClient (PHP).
package peertest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	//go:embed zeep_client.py
	zeepClient string
	//go:embed soap_client.php
	soapClient string
)

// Peer is a SOAP client.
type Peer struct {
	Name    string
	command []string
	has     string // a program for the command that fails if the client is not installed
}

// All are the known peers. Debian's own Python is the one that has Debian's zeep.
var All = []Peer{
	{"zeep", []string{"/usr/bin/python3", "-c", zeepClient}, "import zeep"},
	{"SoapClient", []string{"php", "-r", strings.TrimPrefix(soapClient, "<?php")}, "exit(extension_loaded('soap') ? 0 : 1);"},
}

// Task is the input of a peer: calls by a WSDL, in SOAP version "1.1" or "1.2".
type Task struct {
	WSDL    string `json:"wsdl"`
	Version string `json:"version"`
	Service string `json:"service"`
	Port    string `json:"port"`
	Calls   []Call `json:"calls"`
}

// Call is a call that a peer makes.
type Call struct {
	Operation string         `json:"operation"`
	Arguments map[string]any `json:"arguments"`
	// Binary are further arguments, which travel in base64.
	Binary map[string][]byte `json:"binary"`
	// Endpoint replaces the endpoint of the WSDL. It may be "".
	Endpoint string `json:"endpoint"`
}

// Result is an answer as a peer understood it: the returned value, or a fault.
type Result struct {
	Returned json.RawMessage `json:"returned"`
	Fault    string          `json:"fault"`
	Message  string          `json:"message"`
}

// Run makes the calls of task, one after the other, and returns as many results. Without the
// peer it skips t, and fails it in the gate.
func (p Peer) Run(t *testing.T, task Task) []Result {
	t.Helper()
	if err := exec.CommandContext(t.Context(), p.command[0], p.command[1], p.has).Run(); err != nil && os.Getenv("CI") == "" {
		t.Skipf("%s is not installed", p.Name)
	}
	input, err := json.Marshal(task)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), p.command[0], p.command[1:]...)
	command.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	command.Stdin = bytes.NewReader(input)
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err)
	var results []Result
	require.NoError(t, json.Unmarshal(output, &results), "%s", output)
	require.Len(t, results, len(task.Calls))
	return results
}
