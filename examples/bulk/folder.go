package main

import (
	"fmt"
	"html"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/sat"
)

// folder is how the invoices of a folder are cancelled.
type folder struct{ motive string }

// files are the names of the XML files of the folder.
func (in *input) files() ([]string, error) {
	entries, err := os.ReadDir(in.path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if xml, _ := filepath.Match("*.[xX][mM][lL]", e.Name()); xml && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	if names == nil {
		return nil, fmt.Errorf("%s has no XML files", in.path)
	}
	return names, nil
}

// invoices yields a row for each CFDI of the folder.
func (in *input) invoices() iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		names, err := in.files()
		if err != nil {
			yield(row{}, err)
			return
		}
		for _, name := range names {
			cfdi, err := os.ReadFile(filepath.Join(in.path, name))
			if err != nil {
				yield(row{}, err)
				return
			}
			r := row{place: name}
			r.request, r.bad = in.folder.request(cfdi)
			if !yield(r, nil) {
				return
			}
		}
	}
}

// printed are the UUID and the issuer in an expression. An RFC may hold an ampersand.
var printed = regexp.MustCompile(`[?&]id=([^&]+)&re=(.+?)&rr=`)

func (f folder) request(cfdi []byte) (cancel.Request, error) {
	expression, err := sat.Expression(cfdi)
	if err != nil {
		return cancel.Request{}, err
	}
	found := printed.FindStringSubmatch(expression)
	if found == nil {
		return cancel.Request{}, fmt.Errorf("its expression names no UUID and issuer: %q", expression)
	}
	return cancel.Request{
		Provider: vendors.Factible.Name, Kind: cancel.Invoice, ID: found[1],
		Motive: f.motive, Issuer: html.UnescapeString(found[2]), Expression: expression,
	}, nil
}
