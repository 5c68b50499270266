package cancel_test

import (
	"context"
	"iter"
	"testing"

	"github.com/unified-cancel/cancel"
)

// instant is a provider that has cancelled everything.
type instant struct{}

func (instant) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	return cancel.Result{State: cancel.Cancelled}, nil
}

// repeated yields the same request n times.
func repeated(n int) iter.Seq[cancel.Request] {
	return func(yield func(cancel.Request) bool) {
		for range n {
			if !yield(cancel.Request{Provider: "p", ID: "1"}) {
				return
			}
		}
	}
}

// The difference of the two is the cost that All adds to an item.
func BenchmarkClient(b *testing.B) {
	c := cancel.NewClient(map[string]cancel.Canceler{"p": instant{}})
	b.Run("Cancel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Cancel(b.Context(), cancel.Request{Provider: "p", ID: "1"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("All", func(b *testing.B) {
		b.ReportAllocs()
		for item := range c.All(b.Context(), repeated(b.N)) {
			if item.Err != nil {
				b.Fatal(item.Err)
			}
		}
	})
}
