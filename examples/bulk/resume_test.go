package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
)

// The things of the crash test, by what becomes of them.
const (
	pending  = "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0"
	rejected = "0C9D7B42-5E1F-4A86-B3D0-71E8F26A4C95"
	foreign  = "D7E3F519-0A84-4B2C-A6E9-58B1C07D3F42"
	stubborn = "2402575"
	odd      = "2402571"
	signed   = "TR99AQMY39"
)

var crashLines = []string{
	invoice1, payment1, document, invoice2,
	"factible,primary_sector_invoice," + pending + ",,",
	"factible,primary_sector_invoice," + rejected + ",,",
	"auco,document,TR99AQMY32,Error,legal@example.com",
	"auco,document,TR99AQMY33,Error,legal@example.com",
	"auco,document," + signed + ",Error,legal@example.com",
	hold,
	"factible,primary_sector_invoice," + foreign + ",,",
	"payvalida,payment," + odd + ",,",
	"payvalida,payment," + stubborn + ",,",
	"payvalida,payment,0123,,", // malformed
	registered,
	unreasoned,
	payment2,
}

// undisturbed is what becomes of each where nothing happens.
var undisturbed = map[string]string{
	idOf(invoice1): "cancelled", idOf(invoice2): "cancelled", pending: "pending", rejected: "rejected", foreign: "not_found",
	"2402558": "cancelled", "2402559": "cancelled", "2402560": "cancelled", odd: "unexpected", stubborn: "unavailable", "0123": "invalid",
	idOf(registered): "pending", idOf(unreasoned): "invalid",
	"TR99AQMY31": "cancelled", "TR99AQMY32": "cancelled", "TR99AQMY33": "cancelled", signed: "not_cancellable",
}

func newCrashRig(t *testing.T) *rig {
	r := newRig(t)
	r.factible.Answer(rejected, factibletest.Answer{Status: 213, Message: "no"})
	r.payvalida.Answer(odd, "0099", "processing")
	r.payvalida.Answer(stubborn, "0017", "try again")
	r.auco.SetState(signed, "FINISH")
	r.input(crashLines...)
	return r
}

// carryOut has a vendor do what it was asked, as if the answer had been lost.
func (r *rig) carryOut(req cancel.Request) {
	r.t.Helper()
	var canceler cancel.Canceler
	var err error
	switch req.Provider {
	case "factible":
		canceler, err = factible.New(r.factible.Config())
	case "payvalida":
		canceler, err = payvalida.New(r.payvalida.Config())
	case "auco":
		canceler, err = auco.New(r.auco.Config())
	}
	require.NoError(r.t, err)
	_, _ = canceler.Cancel(context.Background(), req) // whatever comes of it
}

// TestACrashAtEveryPoint cuts the results of a whole run behind each line and in the
// middle of each, lets the vendors have done what had been handed over to them, all or
// nothing of what was in flight, and resumes. Auco can be asked how a document stands, or
// cannot.
func TestACrashAtEveryPoint(t *testing.T) {
	whole := newCrashRig(t)
	require.Equal(t, exitDoubt, whole.run("-concurrency", "4").Exit)
	require.Equal(t, undisturbed, whole.outcomes())
	lines := slices.Collect(bytes.Lines([]byte(whole.read("in.results.jsonl"))))
	require.Len(t, lines, 1+2*len(crashLines))

	var flying atomic.Int64
	crash := func(i, half int, carriedOut, publicKey bool) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			r := newCrashRig(t)
			if !publicKey {
				r.env["AUCO_PUBLIC_KEY"] = ""
			}
			cut := slices.Concat(bytes.Join(lines[:i], nil), lines[i][:half])
			require.NoError(t, os.WriteFile(r.path("in.results.jsonl"), r.asIfHere(whole, cut), 0o600))
			flying.Add(int64(resumeAfterCrash(t, r, lines[:i], carriedOut)))
		}
	}
	for name, publicKey := range map[string]bool{"before": true, "without a public key, before": false} {
		t.Run(name, func(t *testing.T) {
			for i, line := range lines {
				t.Run(fmt.Sprintf("line %d, carried out", i+1), crash(i, 0, true, publicKey))
				t.Run(fmt.Sprintf("line %d, not carried out", i+1), crash(i, 0, false, publicKey))
				t.Run(fmt.Sprintf("the end of line %d", i+1), crash(i, len(line)/2, i%2 == 0, publicKey))
			}
		})
	}
	assert.Greater(t, flying.Load(), int64(len(crashLines)), "there was something in flight")
}

func TestACrashAtEveryByte(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	require.Zero(t, r.run().Exit)
	whole := r.read("in.results.jsonl")
	for n := range len(whole) {
		require.NoError(t, os.WriteFile(r.path("cut.jsonl"), []byte(whole[:n]), 0o600))
		j, err := openJournal(r.path("cut.jsonl"), true)
		require.NoError(t, err, n)
		require.NoError(t, j.file.Close())
		assert.Equal(t, whole[:strings.LastIndex(whole[:n], "\n")+1], r.read("cut.jsonl"))
	}
}

// asIfHere replaces the addresses of another rig's vendors.
func (r *rig) asIfHere(other *rig, text []byte) []byte {
	host := func(s *canceltest.Server) []byte { return []byte(strings.TrimPrefix(s.URL, "http://")) }
	text = bytes.ReplaceAll(text, host(other.factible.Server), host(r.factible.Server))
	text = bytes.ReplaceAll(text, host(other.payvalida.Server), host(r.payvalida.Server))
	return bytes.ReplaceAll(text, host(other.auco.Server), host(r.auco.Server))
}

func resumeAfterCrash(t *testing.T, r *rig, recorded [][]byte, carriedOut bool) (flying int) {
	answered, inTheAir := map[string]string{}, map[string]cancel.Request{}
	for _, text := range recorded {
		var e entry
		require.NoError(t, json.Unmarshal(text, &e))
		switch e.Event {
		case eventStarted:
			inTheAir[e.Request.ID] = *e.Request
		case eventEnded:
			o, _ := e.outcome()
			answered[e.ID] = o.name
			if o.taken() {
				r.carryOut(inTheAir[e.ID])
			}
			delete(inTheAir, e.ID)
		}
	}
	if carriedOut {
		for _, req := range inTheAir {
			r.carryOut(req)
		}
	}
	before := r.calls()

	got := r.run("-resume")
	assert.Equal(t, exitDoubt, got.Exit, got.Stderr)

	outcomes, after := r.outcomes(), r.calls()
	assert.Len(t, outcomes, len(crashLines))
	for _, line := range crashLines {
		id := idOf(line)
		calls := after[id][len(before[id]):]
		req, wasFlying := inTheAir[id]
		want := undisturbed[id]
		switch {
		case answered[id] != "" && id != stubborn:
			assert.Empty(t, calls, "%s has an answer", id)
		case wasFlying:
			want = r.afterDoubt(req, carriedOut, calls)
		}
		assert.Equal(t, want, outcomes[id], id)
	}
	cancelled := slices.Concat(r.factible.Cancelled(), r.payvalida.Cancelled(), r.auco.Cancelled())
	assert.ElementsMatch(t, []string{
		idOf(invoice1), idOf(invoice2), "2402558", "2402559", "2402560", "TR99AQMY31", "TR99AQMY32", "TR99AQMY33",
	}, cancelled)
	assert.True(t, r.factible.IsRegistered(idOf(registered)))
	return len(inTheAir)
}

// afterDoubt checks the calls for what was in flight, and returns what it has to
// come to.
func (r *rig) afterDoubt(req cancel.Request, carriedOut bool, calls []string) string {
	r.t.Helper()
	const (
		status, send, register = "getStatusCancelacionAsincrona", "cancelarSectorPrimario", "cancelarAsincrono"
		look, withdraw         = "GET /document", "POST /document/cancel"
	)
	expect := func(want ...string) { assert.Equal(r.t, want, calls, req.ID) }
	switch {
	case req.ID == pending || req.ID == rejected: // the status settles it
		expect(status)
		return undisturbed[req.ID]
	case req.ID == foreign: // the status knows nothing of it, and then an error proves nothing
		expect(status, send)
		return "unknown_outcome"
	case req.ID == idOf(unreasoned): // nothing but the status is ever asked of it
		expect(status)
		return "unknown_outcome"
	case req.Provider == "factible" && carriedOut:
		expect(status)
		return undisturbed[req.ID]
	case req.Kind == cancel.Invoice:
		expect(status, register)
		return undisturbed[req.ID]
	case req.Provider == "factible":
		expect(status, send)
		return undisturbed[req.ID]
	case req.ID == "0123": // nothing is ever sent of it
		assert.Empty(r.t, calls)
		return "unknown_outcome"
	case req.ID == stubborn:
		assert.Len(r.t, calls, 2, "three attempts, of which the earlier run made one")
		return "unknown_outcome"
	case req.Provider == "payvalida":
		assert.Len(r.t, calls, 1, req.ID)
		switch {
		case req.ID == odd:
			return "unknown_outcome"
		case carriedOut:
			return "already_cancelled"
		}
		return "cancelled"
	case r.env["AUCO_PUBLIC_KEY"] == "":
		expect(withdraw)
		if carriedOut || req.ID == signed { // Auco lists what is cancelled as failed
			return "unknown_outcome"
		}
		return "cancelled"
	case req.ID == signed: // it is not cancelled, but what is listed proves nothing
		expect(look, withdraw)
		return "unknown_outcome"
	case carriedOut:
		expect(look)
		return "cancelled"
	}
	expect(look, withdraw)
	return "cancelled"
}

func TestOnlyWhatHasNoAnswerIsSentAgain(t *testing.T) {
	r := newCrashRig(t)
	require.Equal(t, exitDoubt, r.run().Exit)
	before := r.calls()
	r.payvalida.Answer(stubborn, "0000", "done")
	r.payvalida.Answer(odd, "0000", "done")

	assert.Equal(t, exitDoubt, r.run("-resume").Exit)
	after := r.calls()
	for id, ops := range after {
		if id == stubborn {
			assert.Len(t, ops, len(before[id])+1)
			continue
		}
		assert.Equal(t, before[id], ops, id)
	}
	want := maps.Clone(undisturbed)
	want[stubborn] = "cancelled"
	assert.Equal(t, want, r.outcomes())

	assert.Equal(t, exitDoubt, r.run("-resume").Exit)
	assert.Equal(t, after, r.calls(), "nothing is left to ask")
}

// lost is a rig after a run whose requests were carried out and whose answers were lost.
func lost(t *testing.T, publicKey bool) *rig {
	r := newRig(t)
	if !publicKey {
		r.env["AUCO_PUBLIC_KEY"] = ""
	}
	r.input(invoice1, payment1, document, registered)
	vendors := []*canceltest.Server{r.factible.Server, r.payvalida.Server, r.auco.Server}
	for _, vendor := range vendors {
		vendor.Fail(100, canceltest.CarriedOutThenDropped)
	}
	assert.Equal(t, exitDoubt, r.run().Exit)
	for id, name := range r.outcomes() {
		assert.Equal(t, "unknown_outcome", name, id)
	}
	for _, vendor := range vendors {
		for range 100 - len(vendor.Calls()) { // use up what is left of the faults
			r.drain(vendor)
		}
	}
	return r
}

func TestAnUnknownOutcomeIsFoundOutByResuming(t *testing.T) {
	r := lost(t, true)
	before := r.calls()
	assert.Zero(t, r.run("-resume").Exit)
	assert.Equal(t, map[string]string{
		idOf(invoice1): "cancelled", "2402558": "already_cancelled", "TR99AQMY31": "cancelled", idOf(registered): "pending",
	}, r.outcomes())
	after := r.calls()
	for id, want := range map[string][]string{
		idOf(invoice1): {"getStatusCancelacionAsincrona"}, idOf(registered): {"getStatusCancelacionAsincrona"},
		"TR99AQMY31": {"GET /document", "GET /document/roadmap"},
	} {
		assert.Equal(t, want, after[id][len(before[id]):], id)
	}
}

func TestWithoutThePublicKeyADocumentStaysInDoubt(t *testing.T) {
	r := lost(t, false)
	assert.NotContains(t, r.calls()["TR99AQMY31"], "GET /document")
	before := len(r.calls()["TR99AQMY31"])
	assert.Equal(t, exitDoubt, r.run("-resume").Exit)
	assert.Equal(t, "unknown_outcome", r.outcomes()["TR99AQMY31"])
	assert.Equal(t, []string{"POST /document/cancel"}, r.calls()["TR99AQMY31"][before:])
	page := r.read("in.report.html")
	assert.Contains(t, page, "where AUCO_PUBLIC_KEY is set")
	assert.Contains(t, page, "look the document up at Auco")
	assert.Contains(t, page, "not cancellable")

	r.env["AUCO_PUBLIC_KEY"] = revealed(r.auco.Config().PublicKey)
	before = len(r.calls()["TR99AQMY31"])
	assert.Zero(t, r.run("-resume").Exit)
	assert.Equal(t, "cancelled", r.outcomes()["TR99AQMY31"])
	assert.Equal(t, []string{"GET /document", "GET /document/roadmap"}, r.calls()["TR99AQMY31"][before:])
	assert.NotContains(t, r.read("in.report.html"), "look the document up at Auco")
}

func TestUntilTheStatusHasAnsweredNothingIsSent(t *testing.T) {
	r := lost(t, true)
	r.auco.Fail(100, canceltest.HTTP503)
	r.factible.Fail(100, canceltest.HTTP503)
	before := r.calls()
	assert.Equal(t, exitDoubt, r.run("-resume").Exit)
	after := r.calls()
	for id, want := range map[string]string{
		idOf(invoice1): "getStatusCancelacionAsincrona", idOf(registered): "getStatusCancelacionAsincrona", "TR99AQMY31": "GET /document",
	} {
		assert.Equal(t, slices.Repeat([]string{want}, 3), after[id][len(before[id]):], id)
		assert.Equal(t, "unknown_outcome", r.outcomes()[id], id)
	}
}

// drain makes a call that fails and asks for nothing.
func (r *rig) drain(vendor *canceltest.Server) {
	r.t.Helper()
	client, err := payvalida.New(payvalida.Config{Merchant: "drain", FixedHash: cancel.NewSecret("x"), Endpoint: vendor.URL})
	require.NoError(r.t, err)
	_, err = client.Cancel(r.t.Context(), cancel.Request{Kind: cancel.Payment, ID: "1"})
	require.Error(r.t, err)
}

func TestTheDoubtOutlivesACallThatWasNeverMade(t *testing.T) {
	flying := func(r *rig) {
		r.input(invoice1)
		require.Zero(r.t, r.run().Exit)
		lines := strings.SplitAfter(r.read("in.results.jsonl"), "\n")
		require.NoError(r.t, os.WriteFile(r.path("in.results.jsonl"), []byte(strings.Join(lines[:2], "")), 0o600))
	}
	id := idOf(invoice1)
	t.Run("the credentials were refused", func(t *testing.T) {
		r := newRig(t)
		flying(r)
		r.env["FACTIBLE_PASSWORD"] = "another"
		assert.Equal(t, exitDoubt, r.run("-resume").Exit)
		assert.Equal(t, map[string]string{id: "unknown_outcome"}, r.outcomes())
	})
	t.Run("they had been refused to another request", func(t *testing.T) {
		r := newRig(t)
		flying(r)
		r.input(strange, invoice1)
		r.env["FACTIBLE_PASSWORD"] = "another"
		calls := len(r.factible.Calls())
		assert.Equal(t, exitDoubt, r.run("-resume", "-concurrency", "1").Exit)
		assert.Len(t, r.factible.Calls(), calls+1)
		assert.Equal(t, map[string]string{id: "unknown_outcome", foreign: "auth"}, r.outcomes())
	})
	t.Run("the run was interrupted first", func(t *testing.T) {
		r := newRig(t)
		flying(r)
		j, err := openJournal(r.path("in.results.jsonl"), true)
		require.NoError(t, err)
		req := cancel.Request{Provider: "factible", Kind: cancel.PrimarySectorInvoice, ID: id}
		doubted, err := j.start(2, req)
		require.NoError(t, err)
		assert.True(t, doubted)
		never := &cancel.Error{Reason: cancel.ErrUnavailable, Err: context.Canceled}
		now, err := j.end(ended(cancel.Item{Request: req, Err: never}, hide(nil)))
		require.NoError(t, err)
		assert.Equal(t, "unknown_outcome", now.name)
		require.NoError(t, j.close())
		assert.Equal(t, map[string]string{id: "unknown_outcome"}, r.outcomes())
	})
	t.Run("the line is gone", func(t *testing.T) {
		r := newRig(t)
		flying(r)
		r.input(invoice2)
		assert.Equal(t, exitDoubt, r.run("-resume").Exit)
		assert.Contains(t, r.read("in.report.html"), id)
	})
}

func TestAMendedLineIsSent(t *testing.T) {
	r := newRig(t)
	r.input("auco,document,TR99AQMY31,Error,nobody", "auco,document,TR99AQMY32,,legal@example.com", strange, payment1, "what")
	require.Equal(t, exitRefused, r.run().Exit)

	r.input(document, "auco,document,TR99AQMY32,,legal@example.com", invoice1, payment1)
	assert.Equal(t, exitRefused, r.run("-resume").Exit)
	assert.Len(t, r.auco.Calls(), 1, "the other line is as it was")
	assert.True(t, r.factible.IsCancelled(idOf(invoice1)))
	assert.NotContains(t, r.read("in.report.html"), foreign, "it is not asked for any more")

	r.input(document, invoice1, payment1)
	assert.Zero(t, r.run("-resume").Exit)
	assert.NotContains(t, r.read("in.report.html"), "TR99AQMY32")
	assert.Contains(t, r.read("in.report.html"), "in 3 runs")
}

func TestResultsThatCannotBeGoneOnWith(t *testing.T) {
	good := func(r *rig) string {
		r.input(invoice1)
		require.Zero(r.t, r.run().Exit)
		return r.read("in.results.jsonl")
	}
	for name, c := range map[string]struct {
		change func(string) string
		args   []string
		want   string
	}{
		"not asked to go on":           {func(s string) string { return s }, nil, "in.results.jsonl exists: -resume goes on with it"},
		"a damaged line":               {func(s string) string { return strings.Replace(s, `{"event":"started"`, `{"event`, 1) }, []string{"-resume"}, "line 2 is damaged"},
		"an end without a start":       {func(s string) string { return dropLine(s, 1) }, []string{"-resume"}, "line 2 is damaged"},
		"an unknown outcome":           {func(s string) string { return strings.Replace(s, `"state":"cancelled"`, `"state":"gone"`, 1) }, []string{"-resume"}, "line 3 is damaged"},
		"an unknown event":             {func(s string) string { return s + `{"event":"other"}` + "\n" }, []string{"-resume"}, "line 4 is damaged"},
		"a start of nothing":           {func(s string) string { return s + `{"event":"started"}` + "\n" }, []string{"-resume"}, "line 4 is damaged"},
		"a text of somebody's":         {func(string) string { return "dear diary" }, []string{"-resume"}, "line 1 is no result"},
		"a text after the results":     {func(s string) string { return s + "dear diary" }, []string{"-resume"}, "line 4 is no result"},
		"another place of the vendors": {func(s string) string { return strings.Replace(s, `"factible":"127`, `"factible":"128`, 1) }, []string{"-resume"}, "the results are of factible at"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			changed := c.change(good(r))
			require.NoError(t, os.WriteFile(r.path("in.results.jsonl"), []byte(changed), 0o600))
			calls := r.calls()
			got := r.run(c.args...)
			assert.Equal(t, exitFailed, got.Exit)
			assert.Contains(t, got.Stderr, c.want)
			assert.Equal(t, changed, r.read("in.results.jsonl"), "the file stays as it is")
			assert.Equal(t, calls, r.calls())
		})
	}
}

func dropLine(s string, n int) string {
	lines := strings.SplitAfter(s, "\n")
	return strings.Join(slices.Delete(lines, n, n+1), "")
}

func TestZerosOfAPowerCutAreCutOff(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	require.Zero(t, r.run().Exit)
	whole := r.read("in.results.jsonl")
	require.NoError(t, os.WriteFile(r.path("in.results.jsonl"), []byte(whole+`{"event":"st`+"\x00\x00\x00"), 0o600))
	assert.Zero(t, r.run("-resume").Exit)
	assert.True(t, strings.HasPrefix(r.read("in.results.jsonl"), whole+`{"event":"run"`))
}

func TestTwoProgramsCannotGoOnWithTheSameResults(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	require.Zero(t, r.run().Exit)
	j, err := openJournal(r.path("in.results.jsonl"), true)
	require.NoError(t, err)
	got := r.run("-resume")
	assert.Equal(t, exitFailed, got.Exit)
	assert.Contains(t, got.Stderr, "is in use")
	require.NoError(t, j.close())
	assert.Zero(t, r.run("-resume").Exit)
}

func TestWhatCannotBeRecordedIsNotSent(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, invoice2)
	in, err := openInput(r.path("in.csv"), "")
	require.NoError(t, err)
	j, err := openJournal(r.path("in.results.jsonl"), false)
	require.NoError(t, err)
	require.NoError(t, j.file.Close())

	adapter, err := factible.New(r.factible.Config())
	require.NoError(t, err)
	v := newVendors()
	v.cancelers["factible"] = adapter
	b := &bulk{in: in, vendors: v, journal: j, doubts: new(doubts), grace: time.Second, progress: newProgress(t.Output(), 2)}
	b.client = cancel.NewClient(b.providers())
	require.ErrorContains(t, b.run(t.Context()), "the results cannot be written")
	b.progress.close()
	assert.Empty(t, r.calls())
	require.ErrorIs(t, j.close(), os.ErrClosed)
}

func TestAnAnswerThatCannotBeRecordedStopsTheRunAndStaysInFlight(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, invoice2, invoice3)
	in, err := openInput(r.path("in.csv"), "")
	require.NoError(t, err)
	j, err := openJournal(r.path("in.results.jsonl"), false)
	require.NoError(t, err)
	require.NoError(t, j.run("in.csv", nil))

	v := newVendors()
	v.cancelers["factible"] = diskFull{j}
	b := &bulk{in: in, vendors: v, journal: j, doubts: new(doubts), grace: time.Second, progress: newProgress(t.Output(), 3)}
	b.client = cancel.NewClient(b.providers(), cancel.WithConcurrency(1))
	require.ErrorContains(t, b.run(t.Context()), "no space left")
	b.progress.close()
	require.Error(t, j.close())
	assert.Equal(t, map[string]string{idOf(invoice1): inFlight}, r.outcomes())
}

// diskFull is a vendor that answers when nothing can be written any more.
type diskFull struct{ journal *journal }

func (d diskFull) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	d.journal.mu.Lock()
	defer d.journal.mu.Unlock()
	d.journal.broken = errors.New("no space left")
	return cancel.Result{State: cancel.Cancelled}, nil
}
