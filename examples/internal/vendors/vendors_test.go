package vendors_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) vendors.Simulators {
	t.Helper()
	all, err := vendors.Simulate(func(string) string { return "" })
	require.NoError(t, err)
	t.Cleanup(all.Close)
	return all
}

func TestTheVariablesLeadToTheSimulator(t *testing.T) {
	all := start(t)
	for _, v := range vendors.All {
		assert.NoError(t, cli.Missing(v.Name, v.Variables, all.Getenv))
		for name := range all[v.Name].Variables {
			known := slices.ContainsFunc(v.Variables, func(known cli.Variable) bool { return known.Name == name })
			assert.True(t, known || name == cli.Endpoint(v.Name).Name, name)
		}
		_, err := v.Open(all.Getenv, cancel.ClientOptions{})
		assert.NoError(t, err)
	}
}

func TestTheVendorsAreExplainedInSpanish(t *testing.T) {
	spanish := cli.Flags{Language: "es"}
	for _, v := range vendors.All {
		texts := []string{v.Pending, v.Doubt}
		for _, variable := range v.Variables {
			if !variable.Optional {
				texts = append(texts, variable.Meaning)
			}
		}
		for _, text := range texts {
			assert.True(t, text == "" || text != spanish.Text(text), text)
		}
	}
}

func TestWhatTheSamplesBecome(t *testing.T) {
	all := start(t)
	for _, v := range vendors.Cancelers {
		adapter, err := v.Open(all.Getenv, all[v.Name].Options())
		require.NoError(t, err)
		for _, s := range v.Samples {
			assert.Equal(t, v.Name, s.Provider)
			for range 2 {
				result, err := adapter.Cancel(t.Context(), s.Request)
				require.ErrorIs(t, err, s.Reason, s.ID)
				if s.State != cancel.Cancelled || result.State != cancel.AlreadyCancelled {
					assert.Equal(t, s.State, result.State, s.ID)
				}
				if v.Name == vendors.Auco.Name && s.Reason == nil {
					break // without a Client, Auco lists a cancelled document as failed
				}
			}
		}
	}
}

func TestInventedRequestsCanBeHeld(t *testing.T) {
	all := start(t)
	for _, v := range vendors.Cancelers {
		adapter, err := v.Open(all.Getenv, all[v.Name].Options())
		require.NoError(t, err)
		for i := range 4 {
			req := v.Request(i)
			all[v.Name].Hold(req)
			_, err := adapter.Cancel(t.Context(), req)
			require.NoError(t, err)
			assert.True(t, all[v.Name].Took(req.ID))
		}
	}
}

func TestTheSATFollowsThePAC(t *testing.T) {
	all := start(t)
	authority, err := vendors.OpenSAT(all.Getenv, cancel.ClientOptions{})
	require.NoError(t, err)
	pac, err := vendors.Factible.Open(all.Getenv, cancel.ClientOptions{})
	require.NoError(t, err)
	req := vendors.Factible.Samples[0].Request
	_, err = pac.Cancel(t.Context(), req)
	require.NoError(t, err)
	result, err := authority.Status(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.NotCancelled, result.State)
	all["factible"].Pass(2 * vendors.Lag)
	result, err = authority.Status(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancelled, result.State)
}

func TestATakenAddressIsAnError(t *testing.T) {
	taken := start(t)["auco"].URL[len("http://"):]
	for _, v := range vendors.All {
		_, err := vendors.Simulate(func(name string) string {
			if name == v.Name {
				return taken
			}
			return ""
		})
		assert.Error(t, err)
	}
}
