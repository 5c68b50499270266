package boleto_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/durable"

	"example.com/outside/boleto"
	"example.com/outside/boleto/boletotest"
)

type vendor struct {
	*boletotest.Simulator
	held *atomic.Int64
}

func (v vendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	config := v.Config()
	config.Options = o
	return boleto.New(config)
}

func (v vendor) Hold(cancel.Kind) cancel.Request {
	req := request(v.held.Add(1))
	v.Register(req.ID)
	return req
}

func (v vendor) Decline(req cancel.Request, message string) { v.Pay(req.ID, message) }

func (v vendor) IsCancelled(req cancel.Request) bool { return v.Simulator.IsCancelled(req.ID) }

func request(n int64) cancel.Request {
	return cancel.Request{Provider: "boleto", Kind: boleto.Boleto, ID: fmt.Sprintf("%012d", n)}
}

func TestConformance(t *testing.T) {
	key, err := boletotest.New().Config().Key.Reveal(t.Context())
	require.NoError(t, err)
	canceltest.RunConformance(t, canceltest.Harness{
		Provider: "boleto",
		Kinds:    []cancel.Kind{boleto.Boleto},
		Malformed: []cancel.Request{
			{Kind: boleto.Boleto},
			{Kind: boleto.Boleto, ID: "12"},
			{Kind: boleto.Boleto, ID: "00000000000/"},
			{Kind: boleto.Boleto, ID: "000000000001", Reason: "\xff"},
			{Kind: boleto.Boleto, ID: "000000000001", Motive: "02"},
		},
		Secrets:    []string{key},
		Documented: map[int]error{http.StatusNoContent: nil},
		Start:      func() canceltest.Vendor { return vendor{boletotest.New(), new(atomic.Int64)} },
	})
}

func TestKeyBelongsToItsEnvironment(t *testing.T) {
	for environment, key := range map[cancel.Environment]string{cancel.Sandbox: "live_a", cancel.Production: "test_a"} {
		_, err := boleto.New(boleto.Config{Key: cancel.NewSecret(key), Environment: environment})
		require.ErrorIs(t, err, cancel.ErrInvalid)
		assert.ErrorContains(t, err, "Key")
	}
}

func TestEveryAnswerOfTheVendor(t *testing.T) {
	sim := boletotest.New()
	t.Cleanup(sim.Close)
	client, err := boleto.New(sim.Config())
	require.NoError(t, err)
	_, err = client.Cancel(t.Context(), request(1))
	require.ErrorIs(t, err, cancel.ErrNotFound)
	sim.Register(request(1).ID)
	for _, want := range []cancel.State{cancel.Cancelled, cancel.AlreadyCancelled} {
		got, err := client.Cancel(t.Context(), request(1))
		require.NoError(t, err)
		assert.Equal(t, want, got.State)
	}
	sim.Pay(request(2).ID, "")
	_, err = client.Cancel(t.Context(), request(2))
	require.ErrorIs(t, err, cancel.ErrNotCancellable)
	assert.Len(t, boleto.Codes(), 4)
}

func TestManyAtOnceThroughAClient(t *testing.T) {
	sim := boletotest.New()
	t.Cleanup(sim.Close)
	adapter, err := boleto.New(sim.Config())
	require.NoError(t, err)
	var reqs []cancel.Request
	for n := range int64(50) {
		reqs = append(reqs, request(n))
		sim.Register(request(n).ID)
	}
	sim.Fail(5, canceltest.CarriedOutThenDropped)
	client := cancel.NewClient(map[string]cancel.Canceler{"boleto": adapter}, cancel.WithBackoff(time.Millisecond, time.Millisecond), cancel.WithMaxAttempts(10))
	for item := range client.All(t.Context(), slices.Values(reqs)) {
		require.NoError(t, item.Err)
		assert.True(t, item.Result.State.IsCancelled())
		assert.True(t, sim.IsCancelled(item.Request.ID))
	}
}

func TestDurable(t *testing.T) {
	sim := boletotest.New()
	t.Cleanup(sim.Close)
	adapter, err := boleto.New(sim.Config())
	require.NoError(t, err)
	settled := make(chan durable.Cancellation, 1)
	queue, err := durable.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "queue.db"), durable.Config{
		Providers: map[string]durable.Provider{"boleto": {Canceler: adapter}},
		OnSettled: func(_ context.Context, c durable.Cancellation) error {
			settled <- c
			return nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, queue.Close()) })
	require.NoError(t, queue.Migrate(t.Context()))
	_, err = queue.Enqueue(t.Context(), cancel.Request{Provider: "boleto", Kind: boleto.Boleto, ID: "12"})
	require.ErrorIs(t, err, cancel.ErrInvalid, "the adapter validates what is enqueued")
	sim.Register(request(1).ID)
	_, err = queue.Enqueue(t.Context(), request(1))
	require.NoError(t, err)
	require.NoError(t, queue.Start(t.Context()))
	t.Cleanup(func() { assert.NoError(t, queue.Stop(context.Background())) })
	c := <-settled
	assert.Equal(t, durable.Done, c.State)
	assert.True(t, sim.IsCancelled(request(1).ID))
}

// An adapter outside the repository stays small. Blank lines and comments do not count.
func TestAdapterIsSmall(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	lines := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				lines++
			}
		}
	}
	assert.LessOrEqual(t, lines, 180)
}
