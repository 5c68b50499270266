package cancel_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// gathered is where a test keeps evidence.
type gathered struct {
	mu  sync.Mutex
	all []cancel.Evidence
}

func (g *gathered) add(_ context.Context, e cancel.Evidence) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, e)
}

// reports is a step whose adapter tells of the exchange.
func reports(status int, then step) step {
	return func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
		sent := time.Now()
		time.Sleep(time.Second)
		cancel.ReportExchange(ctx, cancel.Exchange{
			Operation: "undo", Endpoint: "https://vendor.example/undo", HTTPStatus: status,
			SentAt: sent, AnsweredAt: time.Now(), Table: "7",
		})
		return then(ctx, req)
	}
}

func TestEvidenceOfEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := func(context.Context, cancel.Request) (cancel.Result, error) {
			return cancel.Result{State: cancel.Cancelled, Code: "200", Raw: []byte("raw"), Receipt: []byte("receipt")}, nil
		}
		p := &checked{script{
			cancels: []step{
				reports(503, failsWith(cancel.Error{Code: "501", Reason: cancel.ErrUnavailable, RetryAfter: time.Second, Raw: []byte("raw")})),
				unknown,
			},
			statuses: []step{reports(200, took)},
		}}
		var got gathered
		req := request("a")
		req.Reason = "by mistake"
		began := time.Now().UTC().Round(0)
		_, err := client(p, cancel.WithEvidence(got.add)).Cancel(t.Context(), req)
		require.NoError(t, err)

		const (
			raw     = "d7439bee24773bcbfa2d0a97947ee36227b10d1022b1a55847e928965bb6bfde"
			receipt = "6f32860910ca0fb2a20c7fda143666b09dbf8db5238195c90a586fb542ff0cad"
		)
		require.Len(t, got.all, 3)
		assert.Equal(t, cancel.Evidence{
			Request: req, Provider: "p",
			Exchange: cancel.Exchange{
				Operation: "undo", Endpoint: "https://vendor.example/undo", HTTPStatus: 503,
				SentAt: began, AnsweredAt: began.Add(time.Second), Table: "7",
			},
			RawSHA256: raw, Code: "501", Reason: cancel.ErrUnavailable.Error(),
		}, got.all[0])
		assert.Equal(t, cancel.Evidence{Request: req, Provider: "p", Code: "no", Reason: cancel.ErrUnknownOutcome.Error()}, got.all[1])
		last := got.all[2]
		assert.Equal(t, cancel.Cancelled, last.State)
		assert.Empty(t, last.Reason)
		assert.Equal(t, raw, last.RawSHA256)
		assert.Equal(t, receipt, last.ReceiptSHA256)

		for _, e := range got.all {
			text, err := json.Marshal(e)
			require.NoError(t, err)
			var back cancel.Evidence
			require.NoError(t, json.Unmarshal(text, &back))
			assert.Equal(t, e, back)
		}
	})
}

func TestEvidenceOfABatch(t *testing.T) {
	p := &batched{limit: 10, answer: func(_ int, reqs []cancel.Request) []cancel.Item {
		return batch(reqs, func(req cancel.Request) step {
			if req.ID == "b" {
				return fails(cancel.ErrNotCancellable)
			}
			return done
		})
	}}
	var got gathered
	outcomes(client(p, cancel.WithEvidence(got.add)).All(t.Context(), requests("a", "b")))
	require.Len(t, got.all, 2)
	assert.Equal(t, cancel.Cancelled, got.all[0].State)
	assert.Equal(t, cancel.ErrNotCancellable.Error(), got.all[1].Reason)
}

// If a Client is a provider of another one, both get the evidence.
func TestEvidenceThroughAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inner, outer gathered
		c := client(client(&script{cancels: []step{reports(200, done)}}, cancel.WithEvidence(inner.add)), cancel.WithEvidence(outer.add))
		_, err := c.Cancel(t.Context(), request("a"))
		require.NoError(t, err)
		require.Len(t, inner.all, 1)
		require.Len(t, outer.all, 1)
		assert.Equal(t, inner.all[0].Exchange, outer.all[0].Exchange)
	})
}

func TestReportExchangeToNobody(t *testing.T) {
	assert.NotPanics(t, func() { cancel.ReportExchange(t.Context(), cancel.Exchange{}) })
}
