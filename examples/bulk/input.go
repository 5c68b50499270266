package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/sat"
)

// row is a line of the input that is not blank, or a file of a folder.
type row struct {
	line    int    // of a file, the first being 1
	Place   string // the name of a file of a folder; the line in words
	Request cancel.Request
	Bad     error // why it is not a request, nil if it is
}

// readInput reads a file of requests, or a folder of invoices that are cancelled with the given
// motivo. It also returns the columns that it ignores.
func readInput(path, motive string) (rows []row, ignored []string, err error) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if about.IsDir() {
		rows, err = readFolder(path, motive)
		return rows, nil, err
	}
	extension := strings.ToLower(filepath.Ext(path))
	if !slices.Contains([]string{".csv", ".jsonl", ".ndjson"}, extension) {
		return nil, nil, cli.Errorf("%s is not a folder, and its name does not end in .csv or .jsonl", path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	content = bytes.TrimPrefix(content, []byte("\uFEFF")) // which spreadsheets write
	if bytes.IndexByte(content, 0) >= 0 {
		return nil, nil, cli.Errorf("%s: %s", path, errNotUTF8)
	}
	read, number := readJSON, 0
	for text := range bytes.Lines(content) {
		number++
		if len(bytes.Trim(text, " \t\r\n,;")) == 0 { // spreadsheets write empty rows as separators
			continue
		}
		if extension == ".csv" {
			extension = ""
			if read, ignored, err = readHeader(text); err != nil {
				return nil, nil, cli.Errorf("%s: %v", path, err)
			}
			continue
		}
		r := row{line: number}
		if r.Request, r.Bad = read(text); r.Bad == nil {
			r.Bad = incomplete(r.Request)
		}
		if !utf8.Valid(text) {
			r.Bad = errNotUTF8
		}
		rows = append(rows, r)
	}
	if extension == ".csv" {
		return nil, nil, cli.Errorf("%s is empty: its first line must name the columns", path)
	}
	return rows, ignored, nil
}

var errNotUTF8 = cli.Errorf("it is not UTF-8: save the file in that encoding")

// required are the columns that tell requests apart.
var required = []string{"provider", "kind", "id"}

// readHeader reads the first line of a CSV file. It returns the function that reads the others,
// and the columns that it ignores.
func readHeader(text []byte) (read func([]byte) (cancel.Request, error), ignored []string, err error) {
	comma := ','
	if i := bytes.IndexAny(text, ",;\t"); i >= 0 {
		comma = rune(text[i])
	}
	columns, err := splitCSV(text, comma)
	if err != nil {
		return nil, nil, cli.Errorf("the header is not CSV: %v", err)
	}
	for i, cell := range columns {
		name := strings.ToLower(cell)
		if _, err := readJSON(inJSON([]string{name}, []string{""})); err != nil {
			ignored = append(ignored, cell)
		} else if slices.Contains(columns[:i], name) {
			return nil, nil, cli.Errorf("the header names the column %s twice", name)
		}
		columns[i] = name
	}
	for _, name := range required {
		if !slices.Contains(columns, name) {
			return nil, nil, cli.Errorf("the header names no column %s", name)
		}
	}
	return func(text []byte) (req cancel.Request, err error) {
		cells, err := splitCSV(text, comma)
		if err != nil {
			return req, cli.Errorf("it is not CSV: %v (a record is one line)", err)
		}
		if len(cells) != len(columns) {
			return req, cli.Errorf("it has %d cells, the header has %d", len(cells), len(columns))
		}
		err = json.Unmarshal(inJSON(columns, cells), &req)
		return req, err
	}, ignored, nil
}

// splitCSV returns the cells of one line, without the blanks around them.
func splitCSV(text []byte, comma rune) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = comma
	r.TrimLeadingSpace = true
	cells, err := r.Read()
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, parse.Err
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells, err
}

func inJSON(columns, cells []string) []byte {
	object := map[string]string{}
	for i, name := range columns {
		object[name] = cells[i]
	}
	text, _ := json.Marshal(object) // which cannot fail
	return text
}

func readJSON(text []byte) (req cancel.Request, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return req, cli.Errorf("it is not a request in JSON: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return req, cli.Errorf("it holds more than one JSON object")
	}
	return req, nil
}

// incomplete names the first empty field that tells requests apart. The adapters check the others.
func incomplete(req cancel.Request) error {
	for i, value := range []string{req.Provider, string(req.Kind), req.ID} {
		if value == "" {
			return cli.Errorf("%s is missing", required[i])
		}
	}
	return nil
}

// readFolder makes a row of each XML file of a folder.
func readFolder(path, motive string) (rows []row, err error) {
	files, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if file.IsDir() || !strings.EqualFold(filepath.Ext(file.Name()), ".xml") {
			continue
		}
		cfdi, err := os.ReadFile(filepath.Join(path, file.Name()))
		if err != nil {
			return nil, err
		}
		r := row{Place: file.Name()}
		r.Request, r.Bad = invoice(cfdi, motive)
		rows = append(rows, r)
	}
	if rows == nil {
		return nil, cli.Errorf("%s has no XML files", path)
	}
	return rows, nil
}

// printed are the UUID and the issuer in an expression. An RFC may hold an ampersand.
var printed = regexp.MustCompile(`[?&]id=([^&]+)&re=(.+?)&rr=`)

func invoice(cfdi []byte, motive string) (cancel.Request, error) {
	expression, err := sat.Expression(cfdi)
	if err != nil {
		return cancel.Request{}, err
	}
	found := printed.FindStringSubmatch(expression)
	if found == nil {
		return cancel.Request{}, cli.Errorf("its expression names no UUID and issuer: %q", expression)
	}
	return cancel.Request{
		Provider: vendors.Factible.Name, Kind: cancel.Invoice, ID: found[1],
		Motive: motive, Issuer: html.UnescapeString(found[2]), Expression: expression,
	}, nil
}
