package bench

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContestantsTakeAGoodAnswerAndRefuseABadOne(t *testing.T) {
	for _, f := range fields {
		for _, c := range f.contestants {
			t.Run(f.name+"/"+c.name, func(t *testing.T) {
				url := shared.open(t, Behaviour{})
				require.NoError(t, run(t.Context(), c.dial(url), 20, 4, nil))
				got := shared.count(t, url)
				assert.EqualValues(t, 20, got.Calls)
				if c.name == gowsdlShipped {
					assert.EqualValues(t, 20, got.Connections)
				} else {
					assert.Less(t, got.Connections, int64(20), "its connections are kept")
				}

				if c.name == retryable {
					return // it repeats the request until the answer is good
				}
				do := c.dial(shared.open(t, Behaviour{Mixed: true}))
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
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				sent[f.name+"/"+c.name] = body
			}))
			_ = c.dial(server.URL)(t.Context())
			server.Close()
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
	leaks := func(url string) call {
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
		}
	}
	opened, err := connections(t, leaks, 40, 2)
	require.NoError(t, err)
	assert.EqualValues(t, 40, opened)

	refused := func(string) call { return dialPayvalida("https://127.0.0.1:1") }
	_, err = connections(t, refused, 1, 1)
	assert.Error(t, err, "only HTTP 500 may fail a call")
}
