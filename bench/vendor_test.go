package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The answers of the vendors. The acuse comes as XML text, the longer of its two forms.
var (
	//go:embed answers/acuse.xml
	acuse []byte
	//go:embed answers/fault.xml
	fault []byte
	//go:embed answers/payvalida.json
	payvalidaAnswer []byte
	//go:embed answers/error.json
	jsonError []byte
)

// The paths of the operations below a vendor's URL.
const (
	soapPath      = "/ws/services/Cancelacion"
	payvalidaPath = "/v4/merchant/transaction/cancel"
	aucoPath      = "/document/cancel"
)

// Behaviour says how a vendor answers. The zero value answers well and at once.
type Behaviour struct {
	// Delay is the time that an answer takes.
	Delay time.Duration
	// Mixed says that answers come in turn with a length and chunked, with HTTP 200 and
	// with HTTP 500.
	Mixed bool
	// Huge is one of the kinds below, if every answer has 64 MiB.
	Huge string
}

// The kinds of huge answers.
const (
	huge200  = "HTTP 200"
	huge500  = "HTTP 500"
	hugeGzip = "gzipped"
)

// vendor serves all three vendors' operations, with a port and connections of its own.
type vendor struct {
	Behaviour
	server             *httptest.Server
	connections, calls atomic.Int64
}

func newVendor(b Behaviour) *vendor {
	v := &vendor{Behaviour: b}
	v.server = httptest.NewUnstartedServer(v)
	v.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // clients hang up on a huge answer
	v.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			v.connections.Add(1)
		}
	}
	v.server.StartTLS() // HTTP/1.1 only
	return v
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := v.calls.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if v.Delay > 0 {
		time.Sleep(v.Delay)
	}
	if v.Huge != "" {
		v.huge(w)
		return
	}
	failed := v.Mixed && call%4 >= 2
	answer, contentType := answerOf(r.URL.Path, body, failed)
	w.Header().Set("Content-Type", contentType)
	if failed {
		w.WriteHeader(http.StatusInternalServerError)
	}
	if v.Mixed && call%2 == 1 {
		_, _ = w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(w).Flush()
		answer = answer[len(answer)/2:]
	}
	_, _ = w.Write(answer)
}

func answerOf(path string, body []byte, failed bool) (answer []byte, contentType string) {
	switch {
	case strings.HasPrefix(path, soapPath) && failed:
		return fault, "text/xml; charset=utf-8"
	case strings.HasPrefix(path, soapPath):
		return acuse, "text/xml; charset=utf-8"
	case failed:
		return jsonError, "application/json"
	case path == aucoPath:
		// Decoding would take this process longer than the other requests.
		codes := bytes.Count(body, []byte(`"`+documentPrefix))
		return fmt.Appendf(nil, `{"success":%d,"errors":{"cant":0}}`, codes), "application/json"
	default:
		return payvalidaAnswer, "application/json"
	}
}

func (v *vendor) huge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	var to io.Writer = w
	switch v.Huge {
	case hugeGzip:
		w.Header().Set("Content-Encoding", "gzip")
		zipped := gzip.NewWriter(w)
		defer func() { _ = zipped.Close() }()
		to = zipped
	case huge500:
		w.WriteHeader(http.StatusInternalServerError)
	}
	block := bytes.Repeat([]byte(" "), 64<<10)
	for range 1 << 10 {
		if _, err := to.Write(block); err != nil {
			return
		}
	}
}

// service is the process of the vendors, by net/rpc.
type service struct{ vendors sync.Map } // by URL

// Counts counts the connections and calls of a vendor.
type Counts struct{ Connections, Calls int64 }

// Open returns the URL of a new vendor.
func (s *service) Open(b Behaviour, url *string) error {
	v := newVendor(b)
	s.vendors.Store(v.server.URL, v)
	*url = v.server.URL
	return nil
}

// Count counts the connections and calls of a vendor.
func (s *service) Count(url string, counts *Counts) error {
	v, _ := s.vendors.Load(url)
	*counts = Counts{v.(*vendor).connections.Load(), v.(*vendor).calls.Load()}
	return nil
}

// Close closes a vendor and its connections.
func (s *service) Close(url string, _ *bool) error {
	v, _ := s.vendors.LoadAndDelete(url)
	v.(*vendor).server.CloseClientConnections()
	v.(*vendor).server.Close()
	return nil
}

// serve is the process of the vendors. It ends with its input.
func serve(in io.ReadCloser, out io.Writer) error {
	server := rpc.NewServer()
	if err := server.RegisterName("Vendors", new(service)); err != nil {
		return err
	}
	server.ServeConn(struct {
		io.ReadCloser
		io.Writer
	}{in, out})
	return nil
}

// vendors controls the process of the vendors. It is safe for concurrent use.
type vendors struct {
	*rpc.Client
	command *exec.Cmd
	folder  string
}

// startVendors starts this program once more, as the process of the vendors. This process, and
// the ones that it starts, trust only their certificate, by SSL_CERT_FILE, so that the adapters
// use their own transport. It must be called before any certificate is verified.
func startVendors(ctx context.Context) (*vendors, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	model := httptest.NewTLSServer(nil) // all test servers have the same certificate
	model.Close()
	file := folder + "/ca.pem"
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: model.Certificate().Raw})
	command := exec.CommandContext(ctx, self, serveArgument)
	command.Stderr = os.Stderr
	in, errIn := command.StdinPipe()
	out, errOut := command.StdoutPipe()
	if err := errors.Join(errIn, errOut, os.WriteFile(file, certificate, 0o600),
		os.Setenv("SSL_CERT_FILE", file), os.Setenv("SSL_CERT_DIR", folder), command.Start()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &vendors{command: command, folder: folder, Client: rpc.NewClient(struct {
		io.Reader
		io.WriteCloser
	}{out, in})}, nil
}

// stop ends the process and waits for it.
func (v *vendors) stop() error {
	return errors.Join(v.Client.Close(), v.command.Wait(), os.RemoveAll(v.folder))
}

// open returns the URL of a new vendor, which is closed when the test ends.
func (v *vendors) open(tb testing.TB, b Behaviour) (url string) {
	tb.Helper()
	require.NoError(tb, v.Call("Vendors.Open", b, &url))
	tb.Cleanup(func() { require.NoError(tb, v.Call("Vendors.Close", url, new(bool))) })
	return url
}

// count counts the connections and calls of a vendor.
func (v *vendors) count(tb testing.TB, url string) (counts Counts) {
	tb.Helper()
	require.NoError(tb, v.Call("Vendors.Count", url, &counts))
	return counts
}
