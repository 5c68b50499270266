package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

const (
	// vendorsCommand makes this program the vendors.
	vendorsCommand = "vendors"
	// vendorsFile holds their addresses.
	vendorsFile = "durable-example.vendors"
	// held is how many things of each sort they hold.
	held = 10_000
	// idle is how long they wait for somebody to ask them anything.
	idle = 15 * time.Minute
)

// vendors is how the simulators are reached. Their secrets are invented.
type vendors struct {
	Control string
	Factible, Payvalida, Auco,
	Username, Password, Merchant, FixedHash, PrivateKey, PublicKey string
}

// request returns the i-th request. One in fifty is of a thing that no vendor holds.
func request(i int) cancel.Request {
	n := i
	if i%50 == 9 {
		n += held
	}
	switch i % 4 {
	case 0:
		return cancel.Request{Provider: "factible", Kind: cancel.PrimarySectorInvoice, ID: invoice(n)}
	case 1:
		return cancel.Request{Provider: "factible", Kind: cancel.Invoice, ID: invoice(n), Motive: "02", Issuer: "EKU9003173C9"}
	case 2:
		return cancel.Request{Provider: "payvalida", Kind: cancel.Payment, ID: order(n)}
	default:
		return cancel.Request{
			Provider: "auco", Kind: cancel.Document, ID: document(n),
			Reason: "Contrato sustituido", RequestedBy: "legal@example.com",
		}
	}
}

func invoice(n int) string  { return fmt.Sprintf("00000000-0000-4000-8000-%012X", n) }
func order(n int) string    { return fmt.Sprint(1_000_000 + n) }
func document(n int) string { return fmt.Sprintf("TR%08d", n) }

// config returns the Config of a queue for the vendors, with pauses that suit a demonstration.
func (v vendors) config() (durable.Config, error) {
	options := cancel.ClientOptions{Timeout: 2 * time.Second}
	invoices, err1 := factible.New(factible.Config{
		Username: v.Username, Password: cancel.NewSecret(v.Password), Endpoint: v.Factible, Options: options,
	})
	payments, err2 := payvalida.New(payvalida.Config{
		Merchant: v.Merchant, FixedHash: cancel.NewSecret(v.FixedHash), Endpoint: v.Payvalida, Options: options,
	})
	documents, err3 := auco.New(auco.Config{
		PrivateKey: cancel.NewSecret(v.PrivateKey), PublicKey: cancel.NewSecret(v.PublicKey), Endpoint: v.Auco, Options: options,
	})
	if err := errors.Join(err1, err2, err3); err != nil {
		return durable.Config{}, err
	}
	provider := func(adapter cancel.Canceler) durable.Provider {
		return durable.Provider{Canceler: adapter, Workers: 2, PerSecond: 10}
	}
	return durable.Config{
		Providers: map[string]durable.Provider{
			"factible": provider(invoices), "payvalida": provider(payments), "auco": provider(documents),
		},
		Timeout:  10 * time.Second,
		Retry:    durable.Span{First: time.Second, Longest: 10 * time.Second},
		Poll:     durable.Span{First: 2 * time.Second, Longest: 5 * time.Second},
		DoubtFor: 10 * time.Second,
	}, nil
}

// findVendors returns the vendors that are running, or starts them.
func findVendors(ctx context.Context) (vendors, error) {
	if v, err := knownVendors(ctx); err == nil {
		return v, nil
	}
	if err := os.Remove(vendorsFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return vendors{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return vendors{}, err
	}
	process := exec.Command(self, vendorsCommand) // this very program, which outlives ctx
	process.Stderr = os.Stderr
	process.SysProcAttr = detached
	if err := process.Start(); err != nil {
		return vendors{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	for {
		if v, err := knownVendors(ctx); err == nil {
			return v, nil
		}
		select {
		case <-ctx.Done():
			return vendors{}, ctx.Err()
		case err := <-ended:
			return vendors{}, fmt.Errorf("the vendors have ended: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// knownVendors returns the vendors of the file, if they are there.
func knownVendors(ctx context.Context) (v vendors, err error) {
	text, err := os.ReadFile(vendorsFile)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err == nil {
		err = v.ask(ctx, "/here")
	}
	return v, err
}

func (v vendors) end(ctx context.Context) error { return v.ask(ctx, "/end") }

func (v vendors) ask(ctx context.Context, what string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.Control+what, bytes.NewReader(nil))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// beVendors is the process of the vendors.
func beVendors() error {
	signal.Ignore(os.Interrupt) // it is meant for who works on the queue
	f, p, a := factibletest.New(), payvalidatest.New(), aucotest.New()
	servers := []*canceltest.Server{f.Server, p.Server, a.Server}
	for i := range held {
		f.Register(invoice(i))
		p.Register(cancel.Payment, order(i))
		a.Register(document(i))
	}
	defer func() {
		for _, s := range servers {
			s.Close()
		}
	}()
	for _, s := range servers {
		s.FailAtRandom(0.05, 1, canceltest.HTTP503, canceltest.ResetAfterReading, canceltest.CarriedOutThenDropped, canceltest.HTML)
	}

	ctx := context.Background()
	control, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	end := make(chan struct{}, 1)
	var asked atomic.Int64 // when, in seconds
	touch := func() { asked.Store(time.Now().Unix()) }
	touch()
	handler := http.NewServeMux()
	handler.HandleFunc("POST /here", func(http.ResponseWriter, *http.Request) { touch() })
	handler.HandleFunc("POST /end", func(http.ResponseWriter, *http.Request) {
		select {
		case end <- struct{}{}:
		default:
		}
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(control) }()
	defer func() { _ = server.Shutdown(ctx) }() // after the answer to the request that ends it

	fc, pc, ac := f.Config(), p.Config(), a.Config()
	text, err := json.Marshal(vendors{
		Control:  "http://" + control.Addr().String(),
		Factible: fc.Endpoint, Payvalida: pc.Endpoint, Auco: ac.Endpoint,
		Username: fc.Username, Password: revealed(fc.Password), Merchant: pc.Merchant, FixedHash: revealed(pc.FixedHash),
		PrivateKey: revealed(ac.PrivateKey), PublicKey: revealed(ac.PublicKey),
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(vendorsFile+".new", text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(vendorsFile+".new", vendorsFile); err != nil {
		return err
	}
	defer func() { _ = os.Remove(vendorsFile) }()

	calls := 0
	for time.Since(time.Unix(asked.Load(), 0)) < idle {
		select {
		case <-end:
			return nil
		case <-time.After(time.Second):
		}
		heard := 0
		for _, s := range servers {
			heard += len(s.Calls())
		}
		if heard != calls {
			touch()
			calls = heard
		}
		consent(f)
	}
	return nil
}

// consent has the recipients of invoices answer: one in three refuses.
func consent(f *factibletest.Simulator) {
	for _, call := range f.Calls() {
		id, _, _ := strings.Cut(call.ID, "|")
		if call.Op != "cancelarAsincrono" || !f.IsRegistered(id) || f.IsCancelled(id) {
			continue
		}
		if id[len(id)-1]%3 == 0 {
			f.Refuse(id)
		} else {
			f.Accept(id)
		}
	}
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
