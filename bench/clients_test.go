package main

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContestantsTakeAGoodAnswerAndRefuseABadOne(t *testing.T) {
	for _, f := range fields {
		for _, c := range f.contestants {
			t.Run(f.name+"/"+c.name, func(t *testing.T) {
				url, err := shared.open(vendorConfig{})
				require.NoError(t, err)
				do, err := c.dial(url)
				require.NoError(t, err)
				require.NoError(t, run(t.Context(), do, 20, 4, nil))
				opened, calls, err := shared.count(url)
				require.NoError(t, err)
				assert.EqualValues(t, 20, calls)
				if c.name == gowsdlShipped {
					assert.EqualValues(t, 20, opened)
				} else {
					assert.Less(t, opened, int64(20), "its connections are kept")
				}

				if c.name == retryable {
					return // it repeats the request until the answer is good
				}
				other, err := shared.open(vendorConfig{Mixed: true})
				require.NoError(t, err)
				do, err = c.dial(other)
				require.NoError(t, err)
				var failed int
				for range 4 {
					if do(t.Context()) != nil {
						failed++
					}
				}
				if c.name == floor {
					assert.Zero(t, failed)
				} else {
					assert.Equal(t, 2, failed)
				}
			})
		}
	}
}

func TestContestantsSendTheSame(t *testing.T) {
	sent := map[string][]byte{}
	for _, f := range fields {
		for _, c := range f.contestants {
			server := newPlainServer(t, func(body []byte) { sent[f.name+"/"+c.name] = body })
			do, err := c.dial(server)
			require.NoError(t, err)
			_ = do(t.Context())
		}
	}
	for _, c := range fields[0].contestants {
		assert.InDelta(t, len(soapRequest), len(sent["SOAP/"+c.name]), 100, c.name)
		assert.Contains(t, string(sent["SOAP/"+c.name]), folio)
	}
	for _, c := range fields[1].contestants {
		if c.name != oursAuco {
			assert.JSONEq(t, string(jsonRequest), string(sent["JSON/"+c.name]), c.name)
		}
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	leaks := func(url string) (call, error) {
		return func(ctx context.Context) error {
			client := tuned()
			defer client.CloseIdleConnections()
			resp, err := post(ctx, client, url+payvalidaPath, "application/json", jsonRequest)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		}, nil
	}
	opened, err := connections(t.Context(), shared, leaks, 40, 2)
	require.NoError(t, err)
	assert.EqualValues(t, 40, opened)

	refused := func(string) (call, error) { return dialPayvalida("https://127.0.0.1:1") }
	_, err = connections(t.Context(), shared, refused, 1, 1)
	assert.Error(t, err, "only HTTP 500 may fail a call")
}

func newPlainServer(t *testing.T, got func([]byte)) string {
	t.Helper()
	return newServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			got(body)
		}
	}))
}
