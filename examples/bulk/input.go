package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
)

// maxLine bounds a line of the input, in bytes.
const maxLine = 1 << 20

// row is a line of the input that is not blank, or a file of a folder.
type row struct {
	place   string // such as "line 2", the first being 1, or the name of the file
	request cancel.Request
	bad     error // why it is not a request, nil if it is
}

// input is a file of requests, or a folder of CFDIs. It is read as a stream, and as often as
// needed.
type input struct {
	path   string
	header *header // nil for JSON Lines and for a folder
	folder *folder // nil for a file
	// total is how many rows there are, good or bad.
	total int
}

// header is the first line of a CSV file.
type header struct {
	comma   rune
	columns []string
	ignored []string
}

// columns are the known columns, each with its field of a request.
var columns = map[string]func(*cancel.Request) *string{
	"provider":     func(r *cancel.Request) *string { return &r.Provider },
	"kind":         func(r *cancel.Request) *string { return (*string)(&r.Kind) },
	"id":           func(r *cancel.Request) *string { return &r.ID },
	"reason":       func(r *cancel.Request) *string { return &r.Reason },
	"requested_by": func(r *cancel.Request) *string { return &r.RequestedBy },
	"motive":       func(r *cancel.Request) *string { return &r.Motive },
	"replaced_by":  func(r *cancel.Request) *string { return &r.ReplacedBy },
	"issuer":       func(r *cancel.Request) *string { return &r.Issuer },
	"expression":   func(r *cancel.Request) *string { return &r.Expression },
	"reference":    func(r *cancel.Request) *string { return &r.Reference },
}

var required = []string{"provider", "kind", "id"}

// openInput recognises the file by its extension, and counts its rows.
func openInput(path string, f folder) (*input, error) {
	in := &input{path: path}
	about, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if about.IsDir() {
		in.folder = &f
		files, err := in.files()
		in.total = len(files)
		return in, err
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		in.header = new(header)
	case ".jsonl", ".ndjson":
	default:
		return nil, fmt.Errorf("%s is not a folder, and its name does not end in .csv or .jsonl", path)
	}
	first := true
	for line, err := range in.lines() {
		if err != nil {
			return nil, err
		}
		if first && in.header != nil {
			if *in.header, err = readHeader(line.text); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		} else {
			in.total++
		}
		first = false
	}
	if first && in.header != nil {
		return nil, fmt.Errorf("%s is empty: its first line must name the columns", path)
	}
	return in, nil
}

func readHeader(text []byte) (header, error) {
	h := header{comma: ','}
	for _, comma := range ",;\t" {
		if bytes.ContainsRune(text, comma) {
			h.comma = comma
			break
		}
	}
	cells, err := splitCSV(text, h.comma)
	if err != nil {
		return h, fmt.Errorf("the header is not CSV: %w", err)
	}
	for _, cell := range cells {
		name := strings.ToLower(cell)
		if _, known := columns[name]; !known {
			h.ignored = append(h.ignored, cell)
		} else if slices.Contains(h.columns, name) {
			return h, fmt.Errorf("the header names the column %s twice", name)
		}
		h.columns = append(h.columns, name)
	}
	for _, name := range required {
		if !slices.Contains(h.columns, name) {
			return h, fmt.Errorf("the header names no column %s", name)
		}
	}
	return h, nil
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

// rows yields the rows. An error of the file comes last.
func (in *input) rows() iter.Seq2[row, error] {
	if in.folder != nil {
		return in.invoices()
	}
	read := readJSON
	if in.header != nil {
		read = in.header.read
	}
	return func(yield func(row, error) bool) {
		header := in.header != nil
		for line, err := range in.lines() {
			if err != nil {
				yield(row{}, err)
				return
			}
			if header {
				header = false
				continue
			}
			r := row{place: fmt.Sprintf("line %d", line.number)}
			if r.bad = line.bad(); r.bad == nil {
				r.request, r.bad = read(line.text)
			}
			if r.bad == nil {
				r.bad = incomplete(r.request)
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (h *header) read(text []byte) (cancel.Request, error) {
	var req cancel.Request
	cells, err := splitCSV(text, h.comma)
	if err != nil {
		return req, fmt.Errorf("it is not CSV: %w (a record is one line)", err)
	}
	if len(cells) != len(h.columns) {
		return req, fmt.Errorf("it has %d cells, the header has %d", len(cells), len(h.columns))
	}
	for i, name := range h.columns {
		if field, ok := columns[name]; ok {
			*field(&req) = cells[i]
		}
	}
	return req, nil
}

func readJSON(text []byte) (req cancel.Request, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return req, fmt.Errorf("it is not a request in JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return req, errors.New("it holds more than one JSON object")
	}
	return req, nil
}

// incomplete names the first empty field that tells requests apart. All else is for the
// adapters to judge.
func incomplete(req cancel.Request) error {
	for _, name := range required {
		if *columns[name](&req) == "" {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}

// line is one of a text file.
type line struct {
	number  int
	text    []byte // valid until the next one
	tooLong bool
}

func (l line) bad() error {
	switch {
	case l.tooLong:
		return fmt.Errorf("it is longer than %d bytes", maxLine)
	case !utf8.Valid(l.text):
		return errors.New("it is not UTF-8: save the file in that encoding")
	}
	return nil
}

// lines yields the lines that are not blank.
func (in *input) lines() iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		f, err := os.Open(in.path)
		if err != nil {
			yield(line{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		r := bufio.NewReaderSize(f, 64<<10)
		for l := (line{number: 1}); ; l.number++ {
			if err := l.read(r); err != nil {
				if !errors.Is(err, io.EOF) {
					yield(line{}, err)
				}
				return
			}
			if l.number == 1 {
				l.text = bytes.TrimPrefix(l.text, []byte("\uFEFF")) // as spreadsheets write it
			}
			if len(bytes.TrimSpace(l.text)) > 0 && !yield(l, nil) {
				return
			}
		}
	}
}

// read reads the next line. It keeps the beginning of a line that is too long.
func (l *line) read(r *bufio.Reader) error {
	l.text, l.tooLong = l.text[:0], false
	for {
		part, more, err := r.ReadLine()
		if err != nil {
			return err
		}
		if len(l.text)+len(part) > maxLine {
			l.tooLong = true
		} else {
			l.text = append(l.text, part...)
		}
		if !more {
			return nil
		}
	}
}
