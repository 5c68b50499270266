package cancel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

var reasons = map[string]error{
	"ErrInvalid":        cancel.ErrInvalid,
	"ErrAuth":           cancel.ErrAuth,
	"ErrForbidden":      cancel.ErrForbidden,
	"ErrNotFound":       cancel.ErrNotFound,
	"ErrNotCancellable": cancel.ErrNotCancellable,
	"ErrRejected":       cancel.ErrRejected,
	"ErrUnavailable":    cancel.ErrUnavailable,
	"ErrUnknownOutcome": cancel.ErrUnknownOutcome,
	"ErrUnexpected":     cancel.ErrUnexpected,
}

// matched returns the names of the sentinels that errors.Is finds in err.
func matched(err error) []string {
	var names []string
	for name, reason := range reasons {
		if errors.Is(err, reason) {
			names = append(names, name)
		}
	}
	return names
}

func TestErrorMatchesItsReasonAlone(t *testing.T) {
	all := errors.Join(slices.Collect(maps.Values(reasons))...)
	for name, reason := range reasons {
		t.Run(name, func(t *testing.T) {
			for what, cause := range map[string]error{
				"no cause":                 nil,
				"a plain cause":            io.ErrUnexpectedEOF,
				"every sentinel as cause":  all,
				"another Error":            &cancel.Error{Reason: cancel.ErrAuth},
				"another Error, wrapped":   fmt.Errorf("first: %w", &cancel.Error{Reason: cancel.ErrNotFound}),
				"several Errors":           errors.Join(&cancel.Error{Reason: cancel.ErrAuth}, &cancel.Error{Reason: cancel.ErrInvalid}),
				"an Error within an Error": &cancel.Error{Reason: cancel.ErrRejected, Err: &cancel.Error{Reason: cancel.ErrInvalid, Err: all}},
			} {
				err := error(&cancel.Error{Reason: reason, Err: cause})
				assert.Equal(t, []string{name}, matched(err), what)
				assert.Equal(t, []string{name}, matched(fmt.Errorf("user: %w", err)), "%s, wrapped by the user", what)
			}
		})
	}
}

func TestErrorShowsTheRestOfItsCause(t *testing.T) {
	op := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	inner := &cancel.Error{Reason: cancel.ErrAuth, Err: context.Canceled}
	err := fmt.Errorf("user: %w", &cancel.Error{
		Reason: cancel.ErrUnavailable,
		Err:    errors.Join(op, fmt.Errorf("again: %w", context.DeadlineExceeded), inner),
	})

	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorIs(t, err, context.Canceled, "through an Error that is the cause")
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.ErrorIs(t, err, inner)
	assert.NotErrorIs(t, err, io.EOF)

	found, ok := errors.AsType[*net.OpError](err)
	require.True(t, ok)
	assert.Same(t, op, found)

	outer, ok := errors.AsType[*cancel.Error](err)
	require.True(t, ok)
	assert.Equal(t, cancel.ErrUnavailable, outer.Reason, "the Error, not the one in its cause")

	_, ok = errors.AsType[*net.DNSError](err)
	assert.False(t, ok)
	_, ok = errors.AsType[*net.OpError](error(&cancel.Error{Reason: cancel.ErrInvalid}))
	assert.False(t, ok)
}

// notComparable would make a careless == panic.
type notComparable []string

func (notComparable) Error() string { return "not comparable" }

func TestErrorComparesWithCare(t *testing.T) {
	err := error(&cancel.Error{Reason: cancel.ErrInvalid, Err: notComparable{"x"}})
	assert.NotPanics(t, func() {
		assert.NotErrorIs(t, err, notComparable{"x"})
		assert.ErrorIs(t, err, cancel.ErrInvalid)
	})
}

func TestRetryableAndInDoubt(t *testing.T) {
	for name, reason := range reasons {
		for _, err := range []error{
			&cancel.Error{Reason: reason, Err: errors.Join(cancel.ErrUnavailable, cancel.ErrUnknownOutcome, cancel.ErrUnexpected)},
			fmt.Errorf("user: %w", &cancel.Error{Reason: reason}),
		} {
			assert.Equal(t, name == "ErrUnavailable", cancel.Retryable(err), name)
			assert.Equal(t, name == "ErrUnknownOutcome" || name == "ErrUnexpected", cancel.InDoubt(err), name)
		}
	}
	for _, err := range []error{nil, io.EOF} {
		assert.False(t, cancel.Retryable(err))
		assert.False(t, cancel.InDoubt(err))
	}
}

func TestErrorText(t *testing.T) {
	for want, err := range map[string]*cancel.Error{
		"factible: cancelarSectorPrimario 5B4B: not cancellable (code 204, HTTP 200): no se puede": {
			Provider: "factible", Op: "cancelarSectorPrimario", ID: "5B4B", Reason: cancel.ErrNotCancellable,
			Code: "204", HTTPStatus: 200, Message: "no se puede",
		},
		"auco: POST /document/cancel: unavailable: EOF": {
			Provider: "auco", Op: "POST /document/cancel", Reason: cancel.ErrUnavailable, Err: io.EOF,
		},
		"unexpected answer (HTTP 418)": {Reason: cancel.ErrUnexpected, HTTPStatus: 418},
		"unexpected answer (code 7)":   {Reason: cancel.ErrUnexpected, Code: "7"},
		"":                             {},
	} {
		assert.Equal(t, want, err.Error())
	}
}

func TestErrorTextLeavesOutTheBody(t *testing.T) {
	err := &cancel.Error{Reason: cancel.ErrUnexpected, Raw: []byte("<html>body</html>")}
	assert.NotContains(t, err.Error(), "body")
}

func TestErrorTextIsOneShortPrintableLine(t *testing.T) {
	hostile := []string{
		"a\r\nb\tc\x00d\x1b[31me\x7f\u0085\u2028\u2029\u200b\u202e\ufeff",
		"\xff\xfe\xc3(\xed\xa0\x80\xf0",
		strings.Repeat("ñ", 1000),
		strings.Repeat("日本", 300) + "\n",
		"x" + strings.Repeat("🙂", 300),
		strings.Repeat("a", 64<<10),
		"\u00a0\u00ad",
	}
	for i, s := range hostile {
		for field, err := range map[string]*cancel.Error{
			"Provider": {Provider: s},
			"Op":       {Op: s},
			"ID":       {ID: s},
			"Code":     {Code: s},
			"Message":  {Message: s},
			"Err":      {Err: errors.New(s)},
			"Reason":   {Reason: errors.New(s)},
			"all":      {Provider: s, Op: s, ID: s, Code: s, Message: s, Err: errors.New(s), HTTPStatus: 500},
		} {
			text := err.Error()
			assert.LessOrEqual(t, len(text), 500, "%s %d", field, i)
			assert.True(t, utf8.ValidString(text), "%s %d", field, i)
			assert.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%s %d: %q", field, i, text)
		}
	}
}

func TestErrorTextIsCutAtTheEndAlone(t *testing.T) {
	short := (&cancel.Error{Message: strings.Repeat("a", 500)}).Error()
	assert.Equal(t, strings.Repeat("a", 500), short)

	long := (&cancel.Error{Reason: cancel.ErrInvalid, Message: strings.Repeat("ñ", 400)}).Error()
	assert.True(t, strings.HasPrefix(long, "invalid request: ñññ"))
	assert.True(t, strings.HasSuffix(long, "ñ…"))
	assert.Greater(t, len(long), 490)
}
