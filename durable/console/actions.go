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

// target is the cancellation or the provider that a form changes.
type target struct {
	id       int64
	provider string
}

// action is a change that a form makes.
type action struct {
	// from are the states of a cancellation that allow it, nil if it is about a provider.
	from []durable.State
	do   func(ctx context.Context, q Queue, on target, who, why string) error
}

// actions are all actions, by the paths that their forms are sent to.
var actions = map[string]action{
	"requeue": {
		[]durable.State{durable.Failed, durable.Forgotten, durable.Unknown},
		func(ctx context.Context, q Queue, on target, who, why string) error {
			return q.Requeue(ctx, on.id, who, why)
		},
	},
	"withdraw": {
		[]durable.State{durable.Queued},
		func(ctx context.Context, q Queue, on target, _, _ string) error { return q.Withdraw(ctx, on.id) },
	},
	"redeliver": {
		slices.DeleteFunc(durable.States(), func(s durable.State) bool { return !s.Settled() }),
		func(ctx context.Context, q Queue, on target, _, _ string) error { return q.Redeliver(ctx, on.id) },
	},
	"pause": {
		nil,
		func(ctx context.Context, q Queue, on target, who, why string) error {
			return q.Pause(ctx, on.provider, who, why)
		},
	},
	"resume": {
		nil,
		func(ctx context.Context, q Queue, on target, _, _ string) error { return q.Resume(ctx, on.provider) },
	},
}

// allowed returns the actions that the state of a cancellation allows.
func allowed(c durable.Cancellation) []string {
	return slices.DeleteFunc([]string{"requeue", "withdraw", "redeliver"}, func(name string) bool {
		return !slices.Contains(actions[name].from, c.State) || name == "requeue" && c.Stripped
	})
}

const (
	maxForm = 64 << 10 // bytes
	maxWhy  = 500      // characters
)

// act runs the action of a form, and sends the browser back to the page of its target.
func (c *console) act(x *exchange, name string, a action) error {
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
	on, back := target{provider: form.Get("provider")}, "./?"
	if a.from != nil {
		id, err := strconv.ParseInt(form.Get("id"), 10, 64)
		if err != nil {
			return &refusal{http.StatusBadRequest, "error.input", err}
		}
		on.id, back = id, "cancellation?id="+strconv.FormatInt(id, 10)+"&"
	} else if on.provider != "" {
		back = "list?provider=" + url.QueryEscape(on.provider) + "&"
	}
	err = a.do(x.r.Context(), c.queue, on, x.who, why)
	c.Logger.LogAttrs(x.r.Context(), slog.LevelInfo, "console: "+name, slog.Int64("id", on.id),
		slog.String("provider", on.provider), slog.String("who", x.who), slog.String("why", why), slog.Any("error", err))
	if err != nil {
		return err
	}
	x.w.Header().Set("Location", back+"done="+name) // relative, as http.Redirect would not leave it
	x.w.WriteHeader(http.StatusSeeOther)
	return nil
}
