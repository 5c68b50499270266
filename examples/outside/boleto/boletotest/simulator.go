// Package boletotest simulates the vendor of package boleto, for tests.
//
// # Errors
//
// [New] panics if there is no free port.
package boletotest

import (
	"net/http"
	"strings"
	"sync"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"

	"example.com/outside/boleto"
)

const key = "test_an-invented-key"

// Simulator is a vendor on this machine. It is safe for concurrent use. Close it after use.
type Simulator struct {
	*canceltest.Server

	mu       sync.Mutex
	standing map[string]string // the error code of a refusal, "" for none
	messages map[string]string
}

// New returns a Simulator on a free port of this machine.
func New() *Simulator { return canceltest.New(Listen) }

// Listen returns a Simulator at an address, host:port. The error says why it cannot listen.
func Listen(address string) (*Simulator, error) {
	s := &Simulator{standing: map[string]string{}, messages: map[string]string{}}
	server, err := canceltest.Listen(address, canceltest.Handler{Answer: s.answer})
	s.Server = server
	return s, err
}

// Config returns a Config that reaches the simulator.
func (s *Simulator) Config() boleto.Config {
	return boleto.Config{
		Key: cancel.NewSecret(key), Environment: cancel.Sandbox, Endpoint: s.URL,
		Options: s.Options(),
	}
}

// Register makes the vendor hold a boleto.
func (s *Simulator) Register(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing[number] = ""
}

// Pay marks a boleto as paid: it can no longer be cancelled.
func (s *Simulator) Pay(number, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing[number], s.messages[number] = "already_paid", message
}

func (s *Simulator) answer(r *http.Request, body []byte, carry bool) canceltest.Reply {
	number, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/boletos/"), "/cancellation")
	reply := s.judge(r, number, ok, carry)
	reply.Op, reply.IDs, reply.Request = r.Method+" /boletos/{number}/cancellation", []string{number}, body
	return reply
}

func (s *Simulator) judge(r *http.Request, number string, known, carry bool) canceltest.Reply {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+key:
		return failure(http.StatusUnauthorized, "unauthorized", "")
	case !known || r.Method != http.MethodPut || r.Header.Get("Idempotency-Key") == "":
		return failure(http.StatusBadRequest, "bad_request", "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	refusal, ok := s.standing[number]
	switch {
	case !ok:
		return failure(http.StatusNotFound, "boleto_not_found", "")
	case refusal != "":
		return failure(http.StatusConflict, refusal, s.messages[number])
	case s.Ledger.Has(number):
		return failure(http.StatusConflict, "already_cancelled", "")
	}
	if carry {
		s.Ledger.Add(number)
	}
	return canceltest.Reply{Status: http.StatusNoContent, Carried: carry}
}

func failure(status int, code, message string) canceltest.Reply {
	return canceltest.JSON(status, map[string]string{"error": code, "message": message})
}
