package record

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	wire "github.com/unified-cancel/cancel/internal/exchange"
)

// Session makes calls with an adapter and makes fixtures of them.
type Session struct {
	Adapter  cancel.Canceler
	Recorder *Recorder // the transport of Adapter
	Scrubber *Scrubber
	// SOAP12 is whether Adapter speaks SOAP 1.2.
	SOAP12 bool
	// Replay replays a fixture, by its Replay, with an adapter made for it.
	Replay func(context.Context, Fixture) error
	// Dir is where fixtures are stored. "" means nowhere.
	Dir string
}

// Call carries out op and returns what became of it, and the exchange as a fixture,
// which it stores as name. The error says why there is no fixture; the items are valid
// all the same, unless there are none.
func (s *Session) Call(ctx context.Context, name string, op Operation, reqs ...cancel.Request) ([]cancel.Item, Fixture, error) {
	m := Meta{Recorded: time.Now().UTC().Format(time.DateOnly), Operation: op, SOAP12: s.SOAP12}
	s.Recorder.Take()
	items, err := op.perform(ctx, s.Adapter, reqs)
	if err != nil {
		return nil, Fixture{}, err
	}
	for _, item := range items {
		s.Scrubber.ID(item.Request.ID)
		m.Items = append(m.Items, Item{Request: item.Request, Became: outcome(item)})
	}
	exchanges := s.Recorder.Take()
	if len(exchanges) != 1 {
		return items, Fixture{}, fmt.Errorf("%d answers instead of one", len(exchanges))
	}
	f, err := s.Scrubber.Fixture(exchanges[0], m)
	if err != nil {
		return items, Fixture{}, err
	}
	if err := s.Replay(ctx, f); err != nil {
		return items, Fixture{}, fmt.Errorf("once it is scrubbed it cannot be replayed: %w", err)
	}
	if s.Dir != "" {
		err = s.Scrubber.Save(s.Dir, name, f)
	} else {
		_, err = s.Scrubber.files(name, f)
	}
	if err != nil {
		return items, Fixture{}, err
	}
	return items, f, nil
}

// Variables are those of the environment that a live test needs.
type Variables struct {
	// Needed hold the credentials.
	Needed []string
	// Endpoint may hold a URL to use instead of the vendor's for testing, whose host
	// is Sandbox. Any that leads elsewhere is refused, but for this machine.
	Endpoint, Sandbox string
}

const environmentVariable = "CANCEL_ENVIRONMENT"

// Read returns what has yet to be set for a live test, "" where nothing has. Its error
// says why the test is not to run: what it would call is not there for testing.
func (v Variables) Read(getenv func(string) string) (missing string, err error) {
	var unset []string
	for _, name := range v.Needed {
		if getenv(name) == "" {
			unset = append(unset, name)
		}
	}
	environment := cancel.Environment(getenv(environmentVariable))
	if environment == "" {
		unset = append(unset, environmentVariable+"="+string(cancel.Sandbox))
	}
	if len(unset) > 0 {
		return strings.Join(unset, ", "), nil
	}
	if environment != cancel.Sandbox {
		return "", fmt.Errorf("%s must be %s for live tests", environmentVariable, cancel.Sandbox)
	}
	if given := getenv(v.Endpoint); given != "" {
		u, err := url.Parse(given)
		if err != nil || u.Hostname() != v.Sandbox && !isLocal(u) {
			return "", fmt.Errorf("%s is not at %s", v.Endpoint, v.Sandbox)
		}
	}
	return "", nil
}

// isLocal reports whether u is on this machine, where alone an adapter takes plain http.
func isLocal(u *url.URL) bool {
	_, err := wire.Endpoint("http://"+u.Host, "", nil)
	return err == nil
}
