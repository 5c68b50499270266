package canceltest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/internal/adaptertest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

func TestConnectionsAreReused(t *testing.T) {
	for name, start := range vendors {
		t.Run(name, func(t *testing.T) {
			v := start(t)
			for _, options := range []cancel.ClientOptions{v.options, {}} {
				client := v.connect(t, options)
				before := v.Connections()
				for n := range 5 {
					v.register(v.request(n).ID)
					_ = ask(t, client, v.request(n))
				}
				// net/http leaves a connection if its goroutines wait 50 ms for a core.
				assert.Less(t, v.Connections()-before, 3)
			}
		})
	}
}

func TestCloseEndsCallsUnderWay(t *testing.T) {
	eachVendor(t, func(t *testing.T, v vendor, client cancel.Canceler) {
		v.Fail(1, canceltest.Late)
		var wg sync.WaitGroup
		wg.Go(func() {
			assert.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrUnknownOutcome)
		})
		<-whenArrived(t, v, 1).Done()
		v.Close()
		v.Close()
		wg.Wait()
		require.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrUnavailable)
		assert.Len(t, v.Calls(), 1)
		v.Fail(1, canceltest.Refuse)
		v.Fail(1, canceltest.HTTP500)
		require.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrUnavailable)
	})
}

func TestCloseEndsRefusing(t *testing.T) {
	v := vendors["auco"](t)
	client := v.connect(t, v.options)
	v.Fail(1, canceltest.Refuse)
	v.Close()
	require.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrUnavailable)
	assert.Empty(t, v.Calls())
}

func TestCloseDoesNotWaitForSilentConnections(t *testing.T) {
	v := vendors["auco"](t)
	silent, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(v.URL, "http://"))
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	require.Eventually(t, func() bool { return v.Connections() == 1 }, time.Minute, time.Millisecond)
	v.Close()
}

func TestLogIsBounded(t *testing.T) {
	v := vendors["payvalida"](t)
	client := v.connect(t, v.options)
	v.LogLimit(3)
	for n := range 5 {
		_ = ask(t, client, v.request(n))
	}
	var ids []string
	for _, call := range v.Calls() {
		ids = append(ids, call.ID)
	}
	assert.Equal(t, []string{v.request(2).ID, v.request(3).ID, v.request(4).ID}, ids)
	v.LogLimit(1)
	assert.Len(t, v.Calls(), 1)
	v.LogLimit(-1)
	assert.Empty(t, v.Calls())
	_ = ask(t, client, v.request(9))
	assert.Empty(t, v.Calls())
}

func TestLogIsACopy(t *testing.T) {
	v := vendors["auco"](t)
	_ = ask(t, v.connect(t, v.options), v.request(1))
	calls := v.Calls()
	require.NotEmpty(t, calls[0].Request)
	calls[0].IDs[0], calls[0].Request[0] = "changed", 'x'
	again := v.Calls()
	assert.Equal(t, v.request(1).ID, again[0].IDs[0])
	assert.Equal(t, byte('{'), again[0].Request[0])
	assert.WithinDuration(t, time.Now(), again[0].At, time.Minute)
}

func TestLogHoldsNoSecrets(t *testing.T) {
	eachVendor(t, func(t *testing.T, v vendor, client cancel.Canceler) {
		_ = ask(t, client, v.request(1))
		call := v.Calls()[0]
		assert.Equal(t, []string{v.request(1).ID}, call.IDs)
		assert.Contains(t, string(call.Request), v.request(1).ID)
		for _, secret := range []string{
			"clave-simulada", "prk_simulada",
			payvalida.Checksum("comercio_simulado", v.request(1).ID, "fixed-hash-simulado"),
		} {
			assert.NotContains(t, string(call.Request), secret)
		}
	})
}

func TestListenTakesAnAddress(t *testing.T) {
	for name, listen := range map[string]func(string) (*canceltest.Server, error){
		"factible": func(address string) (*canceltest.Server, error) {
			sim, err := factibletest.Listen(address)
			if err != nil {
				return nil, err
			}
			return sim.Server, nil
		},
		"payvalida": func(address string) (*canceltest.Server, error) {
			sim, err := payvalidatest.Listen(address)
			if err != nil {
				return nil, err
			}
			return sim.Server, nil
		},
		"auco": func(address string) (*canceltest.Server, error) {
			sim, err := aucotest.Listen(address)
			if err != nil {
				return nil, err
			}
			return sim.Server, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, err := listen("127.0.0.1:0")
			require.NoError(t, err)
			address := strings.TrimPrefix(first.URL, "http://")
			_, err = listen(address)
			_, isNet := errors.AsType[*net.OpError](err)
			require.True(t, isNet, err)
			first.Close()
			second, err := listen(address)
			require.NoError(t, err)
			second.Close()
			assert.Equal(t, first.URL, second.URL)

			everywhere, err := listen(":0")
			require.NoError(t, err)
			defer everywhere.Close()
			assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, everywhere.URL)
		})
	}
}

func TestOversizedRequestsAreDropped(t *testing.T) {
	v := vendors["auco"](t)
	_, err := adaptertest.Send(t, http.MethodPost, v.URL+"/document/cancel", http.Header{}, strings.Repeat(" ", 2<<20))
	require.Error(t, err)
	calls := v.Calls()
	require.Len(t, calls, 1)
	assert.Empty(t, calls[0].Op)
}

func TestPassMovesTheClock(t *testing.T) {
	v := vendors["payvalida"](t)
	client := v.connect(t, v.options)
	_ = ask(t, client, v.request(1))
	v.Pass(48 * time.Hour)
	v.Pass(0)
	v.Pass(24 * time.Hour)
	_ = ask(t, client, v.request(2))
	calls := v.Calls()
	assert.WithinDuration(t, time.Now(), calls[0].At, time.Minute)
	assert.WithinDuration(t, time.Now().Add(72*time.Hour), calls[1].At, time.Minute)
	v.Fail(1, canceltest.Refuse)
	require.ErrorIs(t, ask(t, client, v.request(3)), cancel.ErrUnavailable)
	assert.WithinDuration(t, time.Now().Add(72*time.Hour), v.Calls()[2].At, time.Minute)
	assert.Panics(t, func() { v.Pass(-1) })
}

func TestDelayEndsWhenTheClientGivesUp(t *testing.T) {
	v := vendors["payvalida"](t)
	client := v.connect(t, v.options)
	v.register(v.request(1).ID)
	v.Fail(1, canceltest.Delay(time.Hour))
	_, err := client.Cancel(whenArrived(t, v, 1), v.request(1))
	require.ErrorIs(t, err, cancel.ErrUnknownOutcome)
	require.ErrorIs(t, err, context.Canceled)
}
