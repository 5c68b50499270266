package console

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
)

//go:embed console.css templates
var files embed.FS

// page is the data of every template. show fills in the second half.
type page struct {
	Title            string // a key of words
	About            string // the ID or name in the title, if any
	Data             any
	Token, Who, Zone string
	Search, Done     string
}

const (
	hours        = 24
	pageSize     = 50
	maxProviders = 100      // rows of the overview
	maxShown     = 64 << 10 // bytes of an answer
)

// page returns what serves a path, nil for an unknown one.
func (c *console) page(path string) func(*exchange) error {
	return map[string]func(*exchange) error{
		"": c.overview, "list": c.list, "cancellation": c.cancellation, "download": c.download, "console.css": style,
	}[path]
}

func style(x *exchange) error {
	http.ServeFileFS(x.w, x.r, files, "console.css")
	return nil
}

// attention are the states that need a person.
var attention = []durable.State{durable.Failed, durable.Unknown, durable.Forgotten}

// provider is a row of the overview.
type provider struct {
	Name   string
	Counts map[durable.State]int
}

// sum returns how many are in the states.
func sum(counts map[durable.State]int, states ...durable.State) (n int) {
	for _, s := range states {
		n += counts[s]
	}
	return n
}

func (c *console) overview(x *exchange) error {
	stats, err := c.queue.Stats(x.r.Context(), hours)
	if err != nil {
		return err
	}
	pauses, err := c.queue.Pauses(x.r.Context())
	if err != nil {
		return err
	}
	total, day := map[durable.State]int{}, map[durable.State]int{}
	var providers []provider
	for name, counts := range stats.Counts {
		providers = append(providers, provider{name, counts})
		for s, n := range counts {
			total[s] += n
		}
	}
	for _, h := range stats.Hours {
		for s, n := range h.Settled {
			day[s] += n
		}
	}
	open := durable.States()[:4]
	slices.SortFunc(providers, func(a, b provider) int {
		return cmp.Or(sum(b.Counts, attention...)-sum(a.Counts, attention...),
			sum(b.Counts, open...)-sum(a.Counts, open...), strings.Compare(a.Name, b.Name))
	})
	return c.show(x, http.StatusOK, "overview", page{Title: "overview", Data: map[string]any{
		"Attention": attention, "Undelivered": stats.Undelivered, "Calm": sum(total, attention...)+stats.Undelivered == 0,
		"Total": total, "Day": day, "States": durable.States(), "Chart": chartOf(stats.Hours),
		"Providers": providers[:min(len(providers), maxProviders)], "Others": max(0, len(providers)-maxProviders),
		"Pauses": pauses[:min(len(pauses), maxProviders)], "OtherPauses": max(0, len(pauses)-maxProviders),
	}})
}

// bar is an hour of the chart, in units of its view box, which is 100 high.
type bar struct {
	X, DoneY, Done, OtherY, Other int
	Start                         time.Time
	Cancelled, Others             int
}

type chart struct {
	Bars         []bar
	Width        int
	Total, Most  int
	First, Final time.Time
}

func chartOf(hours []durable.Hour) chart {
	c := chart{Width: 10 * len(hours)}
	for i, h := range hours {
		b := bar{X: 10*i + 1, Start: h.Start, Cancelled: h.Settled[durable.Done]}
		b.Others = sum(h.Settled, durable.States()...) - b.Cancelled
		c.Bars = append(c.Bars, b)
		c.Total += b.Cancelled + b.Others
		c.Most = max(c.Most, b.Cancelled+b.Others)
	}
	for i := range c.Bars {
		b := &c.Bars[i]
		b.Done, b.Other = height(b.Cancelled, c.Most), height(b.Others, c.Most)
		b.DoneY = 100 - b.Done
		b.OtherY = b.DoneY - b.Other
	}
	if len(hours) > 0 {
		c.First, c.Final = hours[0].Start, hours[len(hours)-1].Start
	}
	return c
}

// height is n of most on a scale of 98. The rest keeps small numbers visible.
func height(n, most int) int {
	if n == 0 {
		return 0
	}
	return max(1, n*98/most)
}

func (c *console) list(x *exchange) error {
	query := x.r.URL.Query()
	f := durable.Filter{
		State: durable.State(query.Get("state")), Provider: query.Get("provider"), ID: strings.TrimSpace(query.Get("id")),
		Undelivered: query.Get("undelivered") != "", Newest: true, Limit: pageSize + 1,
	}
	if after := query.Get("after"); after != "" {
		var err error
		if f.After, err = strconv.ParseInt(after, 10, 64); err != nil {
			return &refusal{http.StatusBadRequest, "error.input", err}
		}
	}
	found, err := c.queue.List(x.r.Context(), f)
	if err != nil {
		return err
	}
	var next template.URL
	if len(found) > pageSize {
		found = found[:pageSize]
		query.Set("after", strconv.FormatInt(found[pageSize-1].ID, 10))
		query.Del("done")
		next = template.URL(query.Encode())
	}
	query.Del("after")
	query.Del("done")
	if number, err := strconv.ParseInt(f.ID, 10, 64); err == nil && f.After == 0 {
		if one, err := c.queue.Get(x.r.Context(), number); err == nil && one.Request.ID != f.ID {
			found = append([]durable.Cancellation{one}, found...)
		}
	}
	var pause *durable.Pause
	if f.Provider != "" {
		pauses, err := c.queue.Pauses(x.r.Context())
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(pauses, func(p durable.Pause) bool { return p.Provider == f.Provider }); i >= 0 {
			pause = &pauses[i]
		}
	}
	return c.show(x, http.StatusOK, "list", page{Title: "list", About: cmp.Or(f.ID, f.Provider), Search: f.ID, Data: map[string]any{
		"Filter": f, "Found": found, "Next": next, "First": template.URL(query.Encode()), "States": durable.States(), "Pause": pause,
	}})
}

// get returns the cancellation that the address names.
func (c *console) get(x *exchange) (durable.Cancellation, error) {
	id, err := strconv.ParseInt(x.r.URL.Query().Get("id"), 10, 64)
	if err != nil {
		return durable.Cancellation{}, &refusal{http.StatusBadRequest, "error.input", err}
	}
	return c.queue.Get(x.r.Context(), id)
}

// event is an entry of a timeline. Its template is chosen by What.
type event struct {
	At   time.Time
	What string
	Of   any
}

// timeline returns the life of a cancellation.
func timeline(c durable.Cancellation) []event {
	events := []event{{c.EnqueuedAt, "enqueued", nil}, {c.SentAt, "sent", c.Sent}}
	last := cmp.Or(c.SentAt, c.EnqueuedAt)
	for _, e := range c.Evidence {
		last = cmp.Or(e.SentAt, last) // an adapter need not report when it called
		events = append(events, event{last, "call", e})
	}
	events = append(events, event{c.PendingSince, "pending", c.Asked}, event{c.DoubtSince, "doubt", nil})
	for _, n := range c.Notes {
		events = append(events, event{n.At, "note", n})
	}
	events = append(events, event{c.SettledAt, "settled", c.State})
	if c.Undelivered != nil {
		events = append(events, event{c.Undelivered.At, "undelivered", c.Undelivered})
	}
	events = append(events, event{c.ToldAt, "delivered", nil}, event{c.NextAt, "next", nil})
	events = slices.DeleteFunc(events, func(e event) bool { return e.At.IsZero() })
	slices.SortStableFunc(events, func(a, b event) int { // some are kept in milliseconds
		return a.At.Truncate(time.Millisecond).Compare(b.At.Truncate(time.Millisecond))
	})
	return events
}

func (c *console) cancellation(x *exchange) error {
	found, err := c.get(x)
	if err != nil {
		return err
	}
	return c.show(x, http.StatusOK, "cancellation", page{Title: "cancellation", About: found.Request.ID, Data: map[string]any{
		"C": found, "Timeline": timeline(found), "Actions": allowed(found),
	}})
}

// download sends a body as a file, whose type no browser opens.
func (c *console) download(x *exchange) error {
	found, err := c.get(x)
	if err != nil {
		return err
	}
	var body []byte
	part := x.r.URL.Query().Get("part")
	switch {
	case part == "receipt":
		body = found.Result.Receipt
	case part == "raw":
		body = found.Result.Raw
	case part == "failure" && found.Failure != nil:
		body = found.Failure.Raw
	}
	if len(body) == 0 {
		return &refusal{http.StatusNotFound, "error.none", nil}
	}
	ending := "txt"
	if part == "receipt" {
		ending = "xml"
	}
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment",
		map[string]string{"filename": fmt.Sprintf("%s-%d.%s", part, found.ID, ending)}))
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = x.w.Write(body) // fails if the client is gone
	return nil
}

// form is the data of a form's template.
type form struct{ Token, Do, Field, Value string }

// parse returns the templates in a language. t returns the words of a key. name does so for a
// value, and returns the value itself if it has no words.
func parse(lang int, location *time.Location) *template.Template {
	t := func(key string) (string, error) {
		if texts, ok := words[key]; ok {
			return texts[lang], nil
		}
		return "", fmt.Errorf("console: no words for %q", key)
	}
	name := func(kind string, value any) string {
		if texts, ok := words[fmt.Sprint(kind, ".", value)]; ok {
			return texts[lang]
		}
		return fmt.Sprint(value)
	}
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t": t, "name": name, "lang": func() string { return languages[lang] },
		"clock": func(t time.Time) string { return t.In(location).Format(time.DateTime) },
		"hour":  func(t time.Time) string { return t.In(location).Format("15:04") },
		"form":  func(token, do, field string, value any) form { return form{token, do, field, fmt.Sprint(value)} },
		"pair":  func(values ...any) []any { return values },
		"took":  func(e cancel.Evidence) time.Duration { return e.AnsweredAt.Sub(e.SentAt).Round(time.Millisecond) },
		"text":  func(b []byte) string { return strings.ToValidUTF8(string(b[:min(len(b), maxShown)]), "�") },
		"cut":   func(b []byte) bool { return len(b) > maxShown },
	}).ParseFS(files, "templates/*.html"))
}
