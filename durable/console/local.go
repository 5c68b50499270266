package console

import (
	"context"
	"net"
	"net/http"
	"time"
)

// ServeLocally serves [New] at a free port of 127.0.0.1 until end is called. A program that
// runs on a person's own machine prints the address, such as http://127.0.0.1:49152/, as long
// as it works. It fails if no port can be listened to.
func ServeLocally(ctx context.Context, queue Queue, config Config) (address string, end func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: New(queue, config), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends when the server is closed
	return "http://" + listener.Addr().String() + "/", server.Close, nil
}
