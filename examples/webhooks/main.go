// Command webhooks receives the events that Auco and Payvalida send, and prints them, until it
// is interrupted. -h explains.
//
//	go run ./examples/webhooks
package main

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/payvalida"
)

// grace is how long an interrupt waits for the calls that are being answered.
const grace = 10 * time.Second

var about = cli.About{
	Name:     "webhooks",
	Synopsis: "[-listen ADDRESS]",
	Does: "Receives the events that Auco and Payvalida send, and prints them, until it is interrupted. It\n" +
		"serves the vendors whose variables are set. A vendor is answered 200 when its event is printed,\n" +
		"and 503 if that fails. Your own program stores the event in a database at this place.\n\n" +
		"It speaks plain HTTP: put it behind a server that ends TLS.",
	Variables: []cli.Variable{
		{Name: "AUCO_WEBHOOK_HEADER", Meaning: "the header that Auco was configured to send", Optional: true},
		{Name: "AUCO_WEBHOOK_VALUE", Meaning: "the value of that header", Optional: true, Secret: true},
		{Name: "PAYVALIDA_NOTIFICATION_HASH", Meaning: "the merchant's notification hash", Optional: true, Secret: true},
	},
	Exits: cli.Exits("it was interrupted", "it could not serve"),
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	flags := cli.NewFlags(about, process)
	listen := flags.String("listen", "127.0.0.1:8085", "the `ADDRESS` to listen at")
	if err := flags.Parse(); err != nil {
		return flags.Refuse(err)
	}
	j := log.New(process.Stdout, "", 0)
	hooks, err := open(process.Getenv, flags, j, slog.New(slog.NewTextHandler(process.Stderr, nil)))
	if err != nil {
		return flags.Refuse(err)
	}
	if err := serve(ctx, hooks, flags, j, *listen); err != nil {
		return flags.Fail(err)
	}
	return cli.ExitDone
}

// webhook is an auco.Webhook or a payvalida.Webhook.
type webhook interface {
	http.Handler
	Close(context.Context) error
}

// open returns the webhooks of the vendors whose variables are set, by path. They store events by
// printing each as a line. One that is not stored is an error, and the vendor sends it again.
func open(getenv func(string) string, flags *cli.Flags, j *log.Logger, rejects *slog.Logger) (map[string]webhook, error) {
	hooks := map[string]webhook{}
	options := cancel.WebhookOptions{Logger: rejects}
	if header, value := getenv("AUCO_WEBHOOK_HEADER"), getenv("AUCO_WEBHOOK_VALUE"); header != "" || value != "" {
		hook, err := auco.NewWebhook(auco.WebhookConfig{
			Header: header,
			Value:  cancel.NewSecret(value),
			Handle: func(_ context.Context, e auco.Event) error {
				return j.Output(0, flags.Text("auco: %q %q is %q (closed: %t, signed: %t)", e.Code+e.Package, e.Name, e.Status, e.Status.Closed(), e.Status.Signed()))
			},
			Options: options,
		})
		if err != nil {
			return nil, cli.Errorf("AUCO_WEBHOOK_HEADER, AUCO_WEBHOOK_VALUE: %s", err)
		}
		hooks["/auco"] = hook
	}
	if hash := getenv("PAYVALIDA_NOTIFICATION_HASH"); hash != "" {
		hook, err := payvalida.NewWebhook(payvalida.WebhookConfig{
			Hash: cancel.NewSecret(hash),
			Handle: func(_ context.Context, e payvalida.Event) error {
				return j.Output(0, flags.Text("payvalida: order %q of %q %q is %q (stands: %t)", e.Order, e.Amount, e.Currency, e.Status, e.Status.Stands()))
			},
			Options: options,
		})
		if err != nil {
			return nil, cli.Errorf("PAYVALIDA_NOTIFICATION_HASH: %s", err)
		}
		hooks["/payvalida"] = hook
	}
	if len(hooks) == 0 {
		return nil, cli.Errorf("nothing to serve: set AUCO_WEBHOOK_HEADER and AUCO_WEBHOOK_VALUE, or PAYVALIDA_NOTIFICATION_HASH")
	}
	return hooks, nil
}

// serve serves the webhooks until ctx ends.
func serve(ctx context.Context, hooks map[string]webhook, flags *cli.Flags, j *log.Logger, address string) error {
	server := newServer(hooks)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err == nil {
		failed := make(chan error, 1)
		go func() { failed <- server.Serve(listener) }()
		for _, path := range slices.Sorted(maps.Keys(hooks)) {
			j.Print(flags.Text("listening at http://%s%s", listener.Addr(), path))
		}
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	// The server ends first, so that no call comes after the webhooks are closed.
	soon, end := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer end()
	err = errors.Join(err, server.Shutdown(soon))
	for _, hook := range hooks {
		err = errors.Join(err, hook.Close(soon))
	}
	return err
}

// newServer limits slow clients. WriteTimeout counts from the end of the header: it leaves time to
// read the body and for the Timeout of the webhooks.
func newServer(hooks map[string]webhook) *http.Server {
	mux := http.NewServeMux()
	for path, hook := range hooks {
		mux.Handle(path, hook)
	}
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}
