// Command webhooks receives what Auco and Payvalida send, and prints it, until it is
// interrupted. It serves the vendors whose variables are set:
//
//	AUCO_WEBHOOK_HEADER, AUCO_WEBHOOK_VALUE   the header that Auco was configured to send
//	PAYVALIDA_NOTIFICATION_HASH               the merchant's notification hash
//
// It speaks plain HTTP: put it behind what ends TLS. With -demo it needs no variables:
// it sends itself genuine, repeated and forged calls, shows what becomes of each, and
// ends.
//
//	go run ./examples/webhooks -demo
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/payvalida"
)

// grace is how long an interrupt waits for what is under way.
const grace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "webhooks:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("webhooks", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:8084", "`address` to listen at")
	show := flags.Bool("demo", false, "send calls to itself, show what becomes of them, and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if *show {
		*listen, getenv, log = "127.0.0.1:0", demoVariables, nil
	}

	j := &journal{w: stdout, events: make(chan struct{}, len(demoCalls))}
	r, err := newReceivers(getenv, j, log)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	server := newServer(r.mux)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	if *show {
		err = demo(ctx, "http://"+listener.Addr().String(), j)
	} else {
		j.print("listening at http://%s%s", listener.Addr(), r.paths)
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	return errors.Join(err, shutDown(ctx, server, r))
}

// receivers are the handlers of the vendors whose variables are set.
type receivers struct {
	mux   *http.ServeMux
	paths []string
	close []func(context.Context) error
}

func newReceivers(getenv func(string) string, j *journal, log *slog.Logger) (*receivers, error) {
	r := &receivers{mux: http.NewServeMux()}
	if header, value := getenv("AUCO_WEBHOOK_HEADER"), getenv("AUCO_WEBHOOK_VALUE"); header != "" || value != "" {
		hook, err := auco.NewWebhook(auco.WebhookConfig{
			Header: header,
			Value:  cancel.Secret(value),
			Handle: func(_ context.Context, e auco.Event) {
				j.event("auco: %q %q is %q (closed: %t, signed: %t)", e.Code+e.Package, e.Name, e.Status, e.Status.Closed(), e.Status.Signed())
			},
			Logger: log,
		})
		if err != nil {
			return nil, fmt.Errorf("AUCO_WEBHOOK_HEADER, AUCO_WEBHOOK_VALUE: %w", err)
		}
		r.add("/auco", hook, hook.Close)
	}
	if hash := getenv("PAYVALIDA_NOTIFICATION_HASH"); hash != "" {
		in, err := payvalida.NewNotification(payvalida.NotificationConfig{
			Hash: cancel.Secret(hash),
			Handle: func(_ context.Context, e payvalida.Event) {
				j.event("payvalida: %q of %q %q is %q (stands: %t)", e.Order, e.Amount, e.Currency, e.Status, e.Status.Stands())
			},
			Logger: log,
		})
		if err != nil {
			return nil, fmt.Errorf("PAYVALIDA_NOTIFICATION_HASH: %w", err)
		}
		r.add("/payvalida", in, in.Close)
	}
	if r.paths == nil {
		return nil, errors.New("nothing to serve: set AUCO_WEBHOOK_HEADER and AUCO_WEBHOOK_VALUE, or PAYVALIDA_NOTIFICATION_HASH")
	}
	return r, nil
}

func (r *receivers) add(path string, h http.Handler, closing func(context.Context) error) {
	r.mux.Handle(path, h)
	r.paths = append(r.paths, path)
	r.close = append(r.close, closing)
}

// newServer bounds what a client may take its time for: the handlers do not.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

// shutDown lets the server finish first, so that no call comes once the receivers are
// closed, and then what they run.
func shutDown(ctx context.Context, server *http.Server, r *receivers) error {
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer end()
	err := server.Shutdown(ctx)
	for _, closing := range r.close {
		err = errors.Join(err, closing(ctx))
	}
	return err
}

// journal prints lines whole, whoever prints at once.
type journal struct {
	mu     sync.Mutex
	w      io.Writer
	events chan struct{} // one for each event printed, as far as there is room
}

func (j *journal) print(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.w, format+"\n", args...)
}

func (j *journal) event(format string, args ...any) {
	j.print(format, args...)
	select {
	case j.events <- struct{}{}:
	default:
	}
}
