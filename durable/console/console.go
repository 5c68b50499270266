package console

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
)

// Queue has the methods of a [durable.Queue] that a console calls.
type Queue interface {
	Get(ctx context.Context, id int64) (durable.Cancellation, error)
	List(ctx context.Context, f durable.Filter) ([]durable.Cancellation, error)
	Pauses(ctx context.Context) ([]durable.Pause, error)
	Stats(ctx context.Context, hours int) (durable.Stats, error)

	Requeue(ctx context.Context, id int64, who, why string) error
	Withdraw(ctx context.Context, id int64) error
	Redeliver(ctx context.Context, id int64) error
	Pause(ctx context.Context, provider, who, why string) error
	Resume(ctx context.Context, provider string) error
}

// Config configures a console. Its zero value is a console for this machine only.
type Config struct {
	// Authorize returns nil for a request that may see everything and change everything,
	// and an error for all others, which get the status 403. It is called for every request
	// and must be safe for concurrent use. Nil lets in only clients on a loopback address
	// that ask for a loopback host, and no request that a proxy has marked as forwarded. A
	// proxy on the same machine that marks nothing is a loopback client: set Authorize then.
	Authorize func(*http.Request) error
	// Who names the person behind a request that Authorize has let in. Records and logs
	// keep the name. Nil, or "", means the address of the client.
	Who func(*http.Request) string
	// Key signs the tokens of forms. Processes behind one load balancer need the same one.
	// The zero value means a random key, so that a restart invalidates open forms.
	Key cancel.Secret
	// Location is the time zone of the pages, UTC by default.
	Location *time.Location
	// Logger receives each action with who and why, and the errors that a page shows. Of
	// Withdraw, Redeliver and Resume the queue keeps no reason, so that only the log has it.
	// Nil means [slog.Default].
	Logger *slog.Logger
}

// console is the handler.
type console struct {
	Config

	queue       Queue
	crossOrigin *http.CrossOriginProtection
	templates   [len(languages)]*template.Template
}

// New returns the pages of a queue as a handler, which is safe for concurrent use. All links
// are relative: with [http.StripPrefix] it can be mounted under any path that ends in a slash.
func New(queue Queue, config Config) http.Handler {
	if config.Authorize == nil {
		config.Authorize = loopback
	}
	if config.Key.IsZero() {
		config.Key = cancel.NewSecret(rand.Text())
	}
	if config.Location == nil {
		config.Location = time.UTC
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	c := &console{Config: config, queue: queue, crossOrigin: http.NewCrossOriginProtection()}
	for lang := range languages {
		c.templates[lang] = parse(lang, config.Location)
	}
	return c
}

// exchange is a request and its response.
type exchange struct {
	w    http.ResponseWriter
	r    *http.Request
	lang int // an index of languages
	who  string
}

// refusal is an error with a status and a key of words.
type refusal struct {
	status int
	key    string
	err    error
}

func (r *refusal) Error() string {
	if r.err == nil {
		return r.key
	}
	return r.key + ": " + r.err.Error()
}

// headers go with every response. The pages need no script, and show personal data.
var headers = map[string]string{
	"Cache-Control":                "no-store",
	"Content-Security-Policy":      "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "same-origin", // with no-referrer browsers send no Origin
	"X-Content-Type-Options":       "nosniff",
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Spanish})

func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	_, lang := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	x := &exchange{w: w, r: r, lang: lang}
	if err := c.serve(x); err != nil {
		c.fail(x, err)
	}
}

func (c *console) serve(x *exchange) error {
	if err := c.Authorize(x.r); err != nil {
		return &refusal{http.StatusForbidden, "error.forbidden", err}
	}
	if c.Who != nil {
		x.who = c.Who(x.r)
	}
	if x.who == "" {
		x.who, _, _ = net.SplitHostPort(x.r.RemoteAddr)
	}
	path := strings.TrimPrefix(x.r.URL.Path, "/")
	allowed, serve := "GET, HEAD", c.page(path)
	if _, ok := actions[path]; ok {
		allowed, serve = "POST", func(x *exchange) error { return c.act(x, path) }
	}
	if serve == nil {
		return &refusal{http.StatusNotFound, "error.page", nil}
	}
	if !slices.Contains(strings.Split(allowed, ", "), x.r.Method) {
		x.w.Header().Set("Allow", allowed)
		return &refusal{http.StatusMethodNotAllowed, "error.method", nil}
	}
	return serve(x)
}

// fail answers with a page that says what went wrong.
func (c *console) fail(x *exchange, err error) {
	why, ok := errors.AsType[*refusal](err)
	if !ok {
		why = &refusal{http.StatusServiceUnavailable, "error.queue", err}
		switch {
		case errors.Is(err, durable.ErrNoCancellation):
			why.status, why.key = http.StatusNotFound, "error.none"
		case errors.Is(err, durable.ErrState):
			why.status, why.key = http.StatusConflict, "error.state"
		case errors.Is(err, cancel.ErrInvalid):
			why.status, why.key = http.StatusBadRequest, "error.input"
		}
	}
	detail, level := "", slog.LevelInfo
	if why.err != nil && why.status != http.StatusForbidden {
		detail = why.err.Error()
	}
	if why.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	c.Logger.LogAttrs(x.r.Context(), level, "console: refused", slog.Int("status", why.status),
		slog.String("method", x.r.Method), slog.String("path", x.r.URL.Path), slog.String("who", x.who), slog.Any("error", why))
	if err := c.show(x, why.status, "error", page{Title: why.key, Data: detail}); err != nil {
		c.Logger.LogAttrs(x.r.Context(), slog.LevelError, "console: no page", slog.Any("error", err))
		http.Error(x.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// show answers with a page.
func (c *console) show(x *exchange, status int, name string, p page) error {
	tokens, err := c.tokens(x)
	if err != nil {
		return err
	}
	p.Token, p.Who, p.Zone = tokens[0], x.who, time.Now().In(c.Location).Format("MST")
	done := x.r.URL.Query().Get("done")
	if _, ok := actions[done]; ok {
		p.Done = done
	}
	var body bytes.Buffer
	if err := c.templates[x.lang].ExecuteTemplate(&body, name+".html", p); err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	x.w.Header().Set("Content-Language", languages[x.lang])
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body.Bytes()) // fails if the client is gone
	return nil
}

// tokens returns the tokens that forms of this person had today and yesterday. A token shows
// that this console has made the form.
func (c *console) tokens(x *exchange) (tokens [2]string, err error) {
	key, err := c.Key.Reveal(x.r.Context())
	for i := range tokens {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(time.Now().UTC().AddDate(0, 0, -i).Format(time.DateOnly) + x.who))
		tokens[i] = hex.EncodeToString(mac.Sum(nil))
	}
	return tokens, err
}

// loopback lets in requests that come from this machine and ask for this machine. It checks
// the host because another site can give its own name a loopback address.
func loopback(r *http.Request) error {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return errors.New("a proxy has forwarded the request, and Config.Authorize is nil")
		}
	}
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !client.Addr().Unmap().IsLoopback() {
		return errors.New("the client is not on this machine, and Config.Authorize is nil")
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	if address, err := netip.ParseAddr(host); !strings.EqualFold(host, "localhost") && (err != nil || !address.IsLoopback()) {
		return errors.New("the host is not this machine, and Config.Authorize is nil")
	}
	return nil
}
