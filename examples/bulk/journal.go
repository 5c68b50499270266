package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
)

// Events of the results file.
const (
	eventRun     = "run"     // the program began
	eventStarted = "started" // a request is about to be handed over
	eventEnded   = "ended"   // what became of it
)

// entry is a line of the results file.
type entry struct {
	Event string    `json:"event"`
	At    time.Time `json:"at"`

	// Of a run: what was read, and where each provider is.
	Input  string            `json:"input,omitempty"`
	Target map[string]string `json:"target,omitempty"`

	// Line is that of the request in the input.
	Line int `json:"line,omitempty"`

	// Of a request that is started.
	Request *cancel.Request `json:"request,omitempty"`

	// Of one that ended: State, or Reason and Error.
	Provider   string       `json:"provider,omitempty"`
	Kind       cancel.Kind  `json:"kind,omitempty"`
	ID         string       `json:"id,omitempty"`
	State      cancel.State `json:"state,omitempty"`
	Reason     string       `json:"reason,omitempty"`
	Code       string       `json:"code,omitempty"`
	Message    string       `json:"message,omitempty"`
	HTTPStatus int          `json:"http_status,omitempty"`
	Error      string       `json:"error,omitempty"`
	Receipt    string       `json:"receipt,omitempty"` // the file that it is in
}

// outcome is what the entry of a request that ended says.
func (e entry) outcome() (outcome, bool) {
	if e.Reason != "" {
		return outcomeNamed(e.Reason)
	}
	return outcomeNamed(string(e.State))
}

// key is what makes two requests the same.
type key struct {
	provider string
	kind     cancel.Kind
	id       string
}

var uuid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// keyOf returns the key of req. UUIDs are compared without case.
func keyOf(req cancel.Request) key {
	id := req.ID
	if uuid.MatchString(id) {
		id = strings.ToLower(id)
	}
	return key{req.Provider, req.Kind, id}
}

// standing is how a request stands by what the results file says.
type standing struct {
	outcome
	// doubted is true while it is in flight, where it may have been carried out
	// before that.
	doubted bool
	request cancel.Request
	// last is the line that says so. It is nil for what asks nothing of people.
	last *entry
}

// journal is the results file: every request before it is handed over, and what
// became of it. It is safe for concurrent use.
type journal struct {
	mu        sync.Mutex
	file      *os.File
	broken    error // nothing is written once a write failed
	standings map[key]standing
	tally     map[string]map[string]int // by provider and outcome
	runs      int
	began     time.Time // the first of the runs
	target    map[string]string
}

// openJournal creates the results file, or where resume is true reads what it says
// and goes on with it.
func openJournal(path string, resume bool) (*journal, error) {
	flags := os.O_RDWR | os.O_CREATE | os.O_EXCL
	if resume {
		flags = os.O_RDWR
	}
	file, err := os.OpenFile(path, flags, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("%s exists: -resume goes on with it, -results names another file", path)
	case resume && errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is nothing to resume: %w", err)
	case err != nil:
		return nil, err
	}
	j := &journal{
		file:      file,
		standings: map[key]standing{},
		tally:     map[string]map[string]int{},
		target:    map[string]string{},
	}
	if err := lock(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s is in use: %w", path, err)
	}
	if err := j.load(); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return j, nil
}

// load reads the file. A last line that is not whole was being written when the
// program ended: what it would have said never took effect, and it is cut off.
func (j *journal) load() error {
	r := bufio.NewReaderSize(j.file, 64<<10)
	var whole int64
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if !torn(text) {
				return fmt.Errorf("line %d is no result", n)
			}
			break
		}
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("line %d is damaged: %w", n, err)
		}
		if err := j.apply(e); err != nil {
			return fmt.Errorf("line %d is damaged: %w", n, err)
		}
		whole += int64(len(text))
	}
	if err := j.file.Truncate(whole); err != nil {
		return err
	}
	_, err := j.file.Seek(whole, io.SeekStart)
	return err
}

// torn reports whether the end of a file is the beginning of an entry, with or without
// the zeros that a power cut can leave. Any other end is of a file that is none of ours.
func torn(end []byte) bool {
	const beginning = `{"event":"`
	text := string(bytes.TrimRight(end, "\x00"))
	return strings.HasPrefix(text, beginning) || strings.HasPrefix(beginning, text)
}

// apply notes what e says.
func (j *journal) apply(e entry) error {
	switch e.Event {
	case eventRun:
		if j.runs++; j.runs == 1 {
			j.began = e.At
		}
		maps.Copy(j.target, e.Target)
	case eventStarted:
		if e.Request == nil {
			return errors.New("it has no request")
		}
		k := keyOf(*e.Request)
		before := j.standings[k]
		now, _ := outcomeNamed(inFlight)
		started := entry{Line: e.Line, At: e.At, Provider: k.provider, Kind: k.kind, ID: e.Request.ID}
		j.stand(k, standing{outcome: now, doubted: before.uncertain(), request: *e.Request, last: &started})
	case eventEnded:
		k := keyOf(cancel.Request{Provider: e.Provider, Kind: e.Kind, ID: e.ID})
		now, ok := e.outcome()
		if _, started := j.standings[k]; !ok || !started {
			return errors.New("it ends what was not started, or in no known way")
		}
		ended := standing{outcome: now}
		if now.class != done {
			ended.request, ended.last = j.standings[k].request, &e
		}
		j.stand(k, ended)
	default:
		return fmt.Errorf("there is no event %q", e.Event)
	}
	return nil
}

func (j *journal) stand(k key, now standing) {
	of := j.tally[k.provider]
	if of == nil {
		of = map[string]int{}
		j.tally[k.provider] = of
	}
	if before, ok := j.standings[k]; ok {
		of[before.name]--
	}
	of[now.name]++
	j.standings[k] = now
}

// write appends e, as one write, and notes what it says. What is durable is on the
// disk when write returns.
func (j *journal) write(e entry, durable bool) error {
	if j.broken != nil {
		return j.broken
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(e)
	if err == nil {
		_, err = j.file.Write(text.Bytes())
	}
	if err == nil && durable {
		err = j.file.Sync()
	}
	if err != nil {
		j.broken = fmt.Errorf("the results cannot be written: %w", err)
		return j.broken
	}
	return j.apply(e)
}

// run notes that the program begins. A provider that was somewhere else in an
// earlier run is an error: what was cancelled there says nothing of here.
func (j *journal) run(input string, target map[string]string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for provider, where := range target {
		if before, ok := j.target[provider]; ok && before != where {
			return fmt.Errorf("the results are of %s at %q, not at %q: name another file by -results", provider, before, where)
		}
	}
	return j.write(entry{Event: eventRun, At: time.Now(), Input: input, Target: target}, true)
}

// start notes that req is about to be handed over, and returns whether an earlier run
// may have had it carried out. It is on the disk when start returns, and with it all
// that was written before: an answer that a power cut takes along leaves its request in
// flight.
func (j *journal) start(line int, req cancel.Request) (doubted bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.write(entry{Event: eventStarted, At: time.Now(), Line: line, Request: &req}, true); err != nil {
		return false, err
	}
	return j.standings[keyOf(req)].doubted, nil
}

// end notes what became of a request that was started, and returns how it stands. In
// doubt most errors say nothing: the outcome stays unknown.
func (j *journal) end(e entry) (standing, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	k := keyOf(cancel.Request{Provider: e.Provider, Kind: e.Kind, ID: e.ID})
	before := j.standings[k]
	if before.last != nil {
		e.Line = before.last.Line
	}
	if now, _ := e.outcome(); before.doubted && !now.endsDoubt() {
		e.State, e.Reason = "", outcomeOf(cancel.Item{Err: cancel.ErrUnknownOutcome}).name
	}
	err := j.write(e, false)
	return j.standings[k], err
}

// standing returns how req stands, and whether anything is known of it.
func (j *journal) standing(req cancel.Request) (standing, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s, ok := j.standings[keyOf(req)]
	return s, ok
}

// forget leaves out what is certainly not cancelled and not asked for any more: a line
// whose identifier was mended is another request.
func (j *journal) forget(asked map[key]int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k, s := range j.standings {
		if _, ok := asked[k]; !ok && (s.class == refused || s.class == again) {
			j.tally[k.provider][s.name]--
			delete(j.standings, k)
		}
	}
}

// inClass returns how many requests are in each class.
func (j *journal) inClass() (n [classes]int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.standings {
		n[s.class]++
	}
	return n
}

// close sees to it that all is on the disk.
func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.broken
	if j.broken == nil {
		err = j.file.Sync()
		j.broken = fs.ErrClosed
	}
	return errors.Join(err, j.file.Close())
}
