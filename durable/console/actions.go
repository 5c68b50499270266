package console

import (
	"context"
	"crypto/hmac"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/unified-cancel/cancel/durable"
)

// actions are the changes that forms make, by the paths that the forms are sent to: the states
// of a cancellation that allow each, and nil if it is about a provider.
var actions = map[string][]durable.State{
	"requeue":   {durable.Failed, durable.Forgotten, durable.Unknown},
	"withdraw":  {durable.Queued},
	"redeliver": slices.DeleteFunc(durable.States(), func(s durable.State) bool { return !s.Settled() }),
	"pause":     nil,
	"resume":    nil,
}

// do makes a change to a cancellation or a provider.
func (c *console) do(ctx context.Context, name string, id int64, provider, who, why string) error {
	switch name {
	case "requeue":
		return c.queue.Requeue(ctx, id, who, why)
	case "withdraw":
		return c.queue.Withdraw(ctx, id)
	case "redeliver":
		return c.queue.Redeliver(ctx, id)
	case "pause":
		return c.queue.Pause(ctx, provider, who, why)
	default:
		return c.queue.Resume(ctx, provider)
	}
}

// allowed returns the actions that the state of a cancellation allows.
func allowed(c durable.Cancellation) []string {
	return slices.DeleteFunc([]string{"requeue", "withdraw", "redeliver"}, func(name string) bool {
		return !slices.Contains(actions[name], c.State) || name == "requeue" && c.Stripped
	})
}

const (
	maxForm = 64 << 10 // bytes
	maxWhy  = 500      // characters
)

// act runs the action of a form, and sends the browser back to the page of its target.
func (c *console) act(x *exchange, name string) error {
	if err := c.crossOrigin.Check(x.r); err != nil {
		return &refusal{http.StatusForbidden, "error.origin", err}
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxForm)
	if err := x.r.ParseForm(); err != nil {
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			return &refusal{http.StatusRequestEntityTooLarge, "error.input", err}
		}
		return &refusal{http.StatusBadRequest, "error.input", err}
	}
	form := x.r.PostForm
	tokens, err := c.tokens(x)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(tokens[:], func(t string) bool { return hmac.Equal([]byte(t), []byte(form.Get("token"))) }) {
		return &refusal{http.StatusForbidden, "error.token", nil}
	}
	why := strings.TrimSpace(form.Get("why"))
	if n := utf8.RuneCountInString(why); n == 0 || n > maxWhy {
		return &refusal{http.StatusBadRequest, "error.why", nil}
	}
	id, provider, back := int64(0), form.Get("provider"), "./?"
	if actions[name] != nil {
		if id, err = strconv.ParseInt(form.Get("id"), 10, 64); err != nil {
			return &refusal{http.StatusBadRequest, "error.input", err}
		}
		back = "cancellation?id=" + strconv.FormatInt(id, 10) + "&"
	} else if provider != "" {
		back = "list?provider=" + url.QueryEscape(provider) + "&"
	}
	err = c.do(x.r.Context(), name, id, provider, x.who, why)
	c.Logger.LogAttrs(x.r.Context(), slog.LevelInfo, "console: "+name, slog.Int64("id", id),
		slog.String("provider", provider), slog.String("who", x.who), slog.String("why", why), slog.Any("error", err))
	if err != nil {
		return err
	}
	x.w.Header().Set("Location", back+"done="+name) // relative, as http.Redirect would not leave it
	x.w.WriteHeader(http.StatusSeeOther)
	return nil
}
