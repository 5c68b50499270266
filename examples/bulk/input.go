package main

import (
	"bufio"
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

// maxLine bounds a line of the input, in bytes.
const maxLine = 1 << 20

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
	content, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = content.Close() }()
	read, number := readJSON, 0
	lines := bufio.NewScanner(content)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		number++
		text := bytes.TrimPrefix(lines.Bytes(), []byte("\uFEFF")) // a spreadsheet begins the file with it
		switch {
		case len(bytes.TrimSpace(text)) == 0:
		case extension == ".csv":
			extension = ""
			var h header
			if h, ignored, err = readHeader(text); err != nil {
				return nil, nil, cli.Errorf("%s: %v", path, err)
			}
			read = h.read
		default:
			r := row{line: number}
			r.Request, r.Bad = read(text)
			if !utf8.Valid(text) {
				r.Bad = cli.Errorf("it is not UTF-8: save the file in that encoding")
			}
			if r.Bad == nil {
				r.Bad = incomplete(r.Request)
			}
			rows = append(rows, r)
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, nil, cli.Errorf("%s, line %d: %v", path, number+1, err)
	case extension == ".csv":
		return nil, nil, cli.Errorf("%s is empty: its first line must name the columns", path)
	}
	return rows, ignored, nil
}

// required are the columns that tell requests apart.
var required = []string{"provider", "kind", "id"}

// header is the first line of a CSV file.
type header struct {
	comma   rune
	columns []string
}

func readHeader(text []byte) (h header, ignored []string, err error) {
	h.comma = ','
	if i := bytes.IndexAny(text, ",;\t"); i >= 0 {
		h.comma = rune(text[i])
	}
	cells, err := splitCSV(text, h.comma)
	if err != nil {
		return h, nil, cli.Errorf("the header is not CSV: %v", err)
	}
	for _, cell := range cells {
		name := strings.ToLower(cell)
		if _, err := readJSON(inJSON(map[string]string{name: ""})); err != nil {
			ignored = append(ignored, cell)
		} else if slices.Contains(h.columns, name) {
			return h, nil, cli.Errorf("the header names the column %s twice", name)
		}
		h.columns = append(h.columns, name)
	}
	for _, name := range required {
		if !slices.Contains(h.columns, name) {
			return h, nil, cli.Errorf("the header names no column %s", name)
		}
	}
	return h, ignored, nil
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

func (h header) read(text []byte) (req cancel.Request, err error) {
	cells, err := splitCSV(text, h.comma)
	if err != nil {
		return req, cli.Errorf("it is not CSV: %v (a record is one line)", err)
	}
	if len(cells) != len(h.columns) {
		return req, cli.Errorf("it has %d cells, the header has %d", len(cells), len(h.columns))
	}
	object := map[string]string{}
	for i, name := range h.columns {
		object[name] = cells[i]
	}
	err = json.Unmarshal(inJSON(object), &req)
	return req, err
}

func inJSON(object map[string]string) []byte {
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
