package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/charset"
)

// Fixture is an exchange that was scrubbed, and what a replay needs besides.
type Fixture struct {
	Meta
	Request, Response []byte
}

// Meta is what is stored beside the two bodies.
type Meta struct {
	Recorded    string    `json:"recorded"` // the day
	Operation   Operation `json:"operation"`
	SOAP12      bool      `json:"soap12,omitempty"`
	Status      int       `json:"http_status"`
	ContentType string    `json:"content_type"` // of the answer
	Items       []Item    `json:"items"`
}

// Item is one of the requests of the operation.
type Item struct {
	Request cancel.Request `json:"request"`
	Became  Outcome        `json:"became"`
}

// Outcome is what a request became: a State or the text of the Reason of an error, and
// the vendor's code. Receipt is true where there was an acknowledgement.
type Outcome struct {
	State   cancel.State `json:"state,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Code    string       `json:"code,omitempty"`
	Receipt bool         `json:"receipt,omitempty"`
}

func outcome(item cancel.Item) Outcome {
	if failure, ok := errors.AsType[*cancel.Error](item.Err); ok {
		return Outcome{Reason: failure.Reason.Error(), Code: failure.Code}
	}
	return Outcome{State: item.Result.State, Code: item.Result.Code, Receipt: item.Result.Receipt != nil}
}

// Operation is a method of an adapter.
type Operation string

// The operations of cancel.Canceler, cancel.StatusChecker and cancel.BatchCanceler.
const (
	Cancel Operation = "cancel"
	Status Operation = "status"
	Batch  Operation = "batch"
)

// perform has adapter carry out op. Its error says why it cannot.
func (op Operation) perform(ctx context.Context, adapter cancel.Canceler, reqs []cancel.Request) ([]cancel.Item, error) {
	if op == Batch {
		if batch, ok := adapter.(cancel.BatchCanceler); ok {
			return batch.CancelBatch(ctx, reqs), nil
		}
	}
	call := adapter.Cancel
	if checker, ok := adapter.(cancel.StatusChecker); op == Status && ok {
		call = checker.Status
	} else if op != Cancel {
		return nil, fmt.Errorf("the adapter has no operation %q", op)
	}
	if len(reqs) != 1 {
		return nil, fmt.Errorf("%q takes one request, not %d", op, len(reqs))
	}
	result, err := call(ctx, reqs[0])
	return []cancel.Item{{Request: reqs[0], Result: result, Err: err}}, nil
}

// String returns what the vendor answered, cut where it is long.
func (f Fixture) String() string {
	const longest = 1000
	text, err := charset.UTF8(f.Response, f.ContentType)
	if err != nil {
		text = f.Response
	}
	return fmt.Sprintf("HTTP %d, %s: %.*s", f.Status, f.ContentType, longest, text)
}

// Replay has adapter do again what was recorded. Its transport has to answer by
// Respond. The error says what is not as it was.
func (f Fixture) Replay(ctx context.Context, adapter cancel.Canceler) error {
	var reqs []cancel.Request
	for _, item := range f.Items {
		reqs = append(reqs, item.Request)
	}
	items, err := f.Operation.perform(ctx, adapter, reqs)
	if err != nil {
		return err
	}
	for i, item := range items {
		if errors.Is(item.Err, errOtherRequest) {
			return item.Err
		}
		if failure, ok := errors.AsType[*cancel.Error](item.Err); ok && failure.HTTPStatus != f.Status {
			return fmt.Errorf("HTTP status %d instead of %d: %w", failure.HTTPStatus, f.Status, item.Err)
		}
		if became := outcome(item); became != f.Items[i].Became {
			return fmt.Errorf("became %+v, and when it was recorded %+v", became, f.Items[i].Became)
		}
	}
	return nil
}

var errOtherRequest = errors.New("the adapter sends another request than was recorded")

// Respond answers the request that was recorded as it was answered then, and no other.
func (f Fixture) Respond(req *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(compact(sent), compact(f.Request)) {
		return nil, errOtherRequest
	}
	return &http.Response{
		StatusCode:    f.Status,
		Header:        http.Header{"Content-Type": {f.ContentType}},
		Body:          io.NopCloser(bytes.NewReader(f.Response)),
		ContentLength: int64(len(f.Response)),
		Request:       req,
	}, nil
}

// compact returns a request without the blanks that mean nothing.
func compact(request []byte) []byte {
	var compacted bytes.Buffer
	if json.Compact(&compacted, request) == nil {
		return compacted.Bytes()
	}
	return bytes.TrimSpace(request)
}

// Fixture scrubs an exchange and what is to be stored beside it. Its error says why
// the exchange cannot be a fixture.
func (s *Scrubber) Fixture(x Exchange, m Meta) (Fixture, error) {
	if !x.Whole {
		return Fixture{}, errors.New("the answer was not read to its end")
	}
	request, err := s.body(x.Request, "")
	if err != nil {
		return Fixture{}, fmt.Errorf("request: %w", err)
	}
	response, err := s.body(x.Response, x.ContentType)
	if err != nil {
		return Fixture{}, fmt.Errorf("response: %w", err)
	}
	m.Status, m.ContentType = x.Status, x.ContentType
	meta, err := json.Marshal(m)
	if err != nil {
		return Fixture{}, err
	}
	clean, _ := s.json(string(meta))
	f := Fixture{Request: request, Response: response}
	return f, json.Unmarshal([]byte(clean), &f.Meta)
}

// A fixture is stored in three files, whose names begin alike.
const (
	prefix        = "recorded-"
	requestSuffix = "-request"
	metaSuffix    = ".meta.json"
)

type file struct {
	name string
	body []byte
}

// files returns those of a fixture called name. It returns none where s finds in any
// of them what it would have replaced.
func (s *Scrubber) files(name string, f Fixture) ([]file, error) {
	meta, err := json.MarshalIndent(f.Meta, "", "  ")
	if err != nil {
		return nil, err
	}
	extension := ".xml"
	if json.Valid(f.Request) {
		extension = ".json"
	}
	files := []file{
		{prefix + name + requestSuffix + extension, f.Request},
		{prefix + name + extension, f.Response},
		{prefix + name + metaSuffix, append(meta, '\n')}, // the last, for by it a fixture is found
	}
	response, err := charset.UTF8(f.Response, f.ContentType)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{name, string(f.Request), string(response), string(meta)} {
		if err := s.verify(text); err != nil {
			return nil, fmt.Errorf("%s is not fit to be stored: %w", name, err)
		}
	}
	// The bytes of an answer may say something else than its charset makes of them.
	if err := s.verifySecrets(string(f.Response)); err != nil {
		return nil, fmt.Errorf("%s is not fit to be stored: %w", name, err)
	}
	return files, nil
}

// Save stores f in dir as a fixture called name, in the place of one that is there.
// It writes nothing where s finds in any of it what s would have replaced.
func (s *Scrubber) Save(dir, name string, f Fixture) error {
	files, err := s.files(name, f)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, file := range files {
		if err := root.WriteFile(file.name, file.body, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Load returns the fixtures in dir that were recorded, by their names. It is an error
// where one lacks a file, or there is one that belongs to none.
func Load(dir string) (map[string]Fixture, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	files, err := fs.Glob(root.FS(), prefix+"*")
	if err != nil {
		return nil, err
	}
	fixtures := map[string]Fixture{}
	for _, file := range files {
		name, isMeta := strings.CutSuffix(strings.TrimPrefix(file, prefix), metaSuffix)
		if !isMeta {
			continue
		}
		f, err := load(root, name, files)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		fixtures[name] = f
	}
	if len(files) != 3*len(fixtures) {
		return nil, fmt.Errorf("%s: files called %s* without their %s", dir, prefix, metaSuffix)
	}
	return fixtures, nil
}

func load(root *os.Root, name string, files []string) (Fixture, error) {
	extension := ".xml"
	if slices.Contains(files, prefix+name+".json") {
		extension = ".json"
	}
	var f Fixture
	meta, err := root.ReadFile(prefix + name + metaSuffix)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(meta, &f.Meta); err != nil {
		return f, err
	}
	if f.Request, err = root.ReadFile(prefix + name + requestSuffix + extension); err != nil {
		return f, err
	}
	f.Response, err = root.ReadFile(prefix + name + extension)
	return f, err
}
