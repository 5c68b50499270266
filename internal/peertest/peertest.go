// Package peertest runs SOAP clients that are not part of this module, so that the simulators are
// checked against them: zeep (Python) and SoapClient (PHP). See peers.sh.
package peertest

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// timeLimit is the time that a peer has for a task.
const timeLimit = 2 * time.Minute

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
}

// All are the known peers. Debian's own Python is the one that has Debian's zeep.
var All = []Peer{
	{"zeep", []string{"/usr/bin/python3", "-c", zeepClient}},
	{"SoapClient", []string{"php", "-r", strings.TrimPrefix(soapClient, "<?php")}},
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

// Run makes the calls of t, one after the other, and returns as many results.
func (p Peer) Run(t Task) ([]Result, error) {
	input, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(context.Background(), timeLimit)
	defer stop()
	command := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	command.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	command.Stdin = bytes.NewReader(input)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, err
	}
	var results []Result
	if err := json.Unmarshal(output, &results); err != nil {
		return nil, fmt.Errorf("%w: %s", err, output)
	}
	if len(results) != len(t.Calls) {
		return nil, fmt.Errorf("%d results of %d calls", len(results), len(t.Calls))
	}
	return results, nil
}
