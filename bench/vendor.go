package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
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

// vendorConfig says how a vendor behaves.
type vendorConfig struct {
	// Delay is the time that an answer takes.
	Delay time.Duration
	// Mixed says that answers come in turn with a length and chunked, with HTTP 200 and
	// with HTTP 500.
	Mixed bool
	// Huge makes every answer one of 64 MiB: with HTTP 200, with HTTP 500 or compressed.
	Huge string
}

// The kinds of huge answers, and their length.
const (
	huge200  = "HTTP 200"
	huge500  = "HTTP 500"
	hugeGzip = "gzipped"

	hugeBytes = 64 << 20
)

// vendor serves all three vendors' operations, with a port and connections of its own.
type vendor struct {
	config             vendorConfig
	server             *http.Server
	zipped             []byte
	connections, calls atomic.Int64
}

func openVendor(config vendorConfig, certificate tls.Certificate) (*vendor, string, error) {
	v := &vendor{config: config}
	if config.Huge == hugeGzip {
		v.zipped = zip(hugeBytes)
	}
	v.server = &http.Server{
		Handler:           v,
		ReadHeaderTimeout: time.Minute,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1 only
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),  // clients hang up on a huge answer
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				v.connections.Add(1)
			}
		},
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	go func() { _ = v.server.ServeTLS(listener, "", "") }()
	return v, "https://" + listener.Addr().String(), nil
}

func zip(length int) []byte {
	var zipped bytes.Buffer
	to := gzip.NewWriter(&zipped)
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range length / len(block) {
		_, _ = to.Write(block)
	}
	_ = to.Close()
	return zipped.Bytes()
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := v.calls.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if v.config.Delay > 0 {
		time.Sleep(v.config.Delay)
	}
	if v.config.Huge != "" {
		v.huge(w)
		return
	}
	failed := v.config.Mixed && call%4 >= 2
	answer, contentType := v.answer(r.URL.Path, body, failed)
	w.Header().Set("Content-Type", contentType)
	if failed {
		w.WriteHeader(http.StatusInternalServerError)
	}
	if v.config.Mixed && call%2 == 1 {
		_, _ = w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(w).Flush()
		answer = answer[len(answer)/2:]
	}
	_, _ = w.Write(answer)
}

func (v *vendor) answer(path string, body []byte, failed bool) (answer []byte, contentType string) {
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
		return []byte(`{"success":` + strconv.Itoa(codes) + `,"errors":{"cant":0}}`), "application/json"
	default:
		return payvalidaAnswer, "application/json"
	}
}

func (v *vendor) huge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	switch v.config.Huge {
	case hugeGzip:
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(v.zipped)
		return
	case huge500:
		w.WriteHeader(http.StatusInternalServerError)
	}
	block := bytes.Repeat([]byte(" "), 64<<10)
	for range hugeBytes / len(block) {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// order is a request to the process of the vendors, and reply its answer. Both are lines of
// JSON, through its standard input and output. The process ends with its input.
type (
	order struct {
		Open  *vendorConfig `json:",omitempty"`
		Count string        `json:",omitempty"` // URL of a vendor
		Close string        `json:",omitempty"` // URL of a vendor
	}
	reply struct {
		Certificate        []byte `json:",omitempty"` // in PEM, only in the first reply
		URL                string `json:",omitempty"`
		Connections, Calls int64
		Error              string `json:",omitempty"`
	}
)

// serve is the process of the vendors.
func serve(in io.Reader, out io.Writer) error {
	certificate, encoded, err := selfSigned()
	if err != nil {
		return err
	}
	orders, replies := json.NewDecoder(in), json.NewEncoder(out)
	if err := replies.Encode(reply{Certificate: encoded}); err != nil {
		return err
	}
	vendors := map[string]*vendor{}
	for {
		var asked order
		if err := orders.Decode(&asked); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		var answer reply
		switch v := vendors[asked.Count+asked.Close]; {
		case asked.Open != nil:
			opened, url, err := openVendor(*asked.Open, certificate)
			if err != nil {
				answer.Error = err.Error()
				break
			}
			vendors[url], answer.URL = opened, url
		case v == nil:
			answer.Error = "there is no such vendor"
		case asked.Close != "":
			_ = v.server.Close()
			delete(vendors, asked.Close)
		default:
			answer.Connections, answer.Calls = v.connections.Load(), v.calls.Load()
		}
		if err := replies.Encode(answer); err != nil {
			return err
		}
	}
}

// selfSigned returns a certificate for this machine, with an RSA key, and its PEM.
func selfSigned() (tls.Certificate, []byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "bench"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},

		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, encoded, nil
}

// vendors controls the process of the vendors. It is safe for concurrent use.
type vendors struct {
	command *exec.Cmd
	in      io.Closer
	folder  string

	mu      sync.Mutex
	orders  *json.Encoder
	replies *json.Decoder
}

// startVendors starts this program once more, as the process of the vendors. This process
// trusts their certificate by SSL_CERT_FILE, so that the adapters use their own transport.
func startVendors(ctx context.Context) (_ *vendors, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, self, serveArgument)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	v := &vendors{command: command, in: in, orders: json.NewEncoder(in), replies: json.NewDecoder(out)}
	defer func() {
		if err != nil {
			_ = v.stop()
		}
	}()
	var hello reply
	if err := v.replies.Decode(&hello); err != nil {
		return nil, err
	}
	if v.folder, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	err = v.trust(hello.Certificate)
	return v, err
}

// trust makes this process, and the processes that it starts, trust only one certificate. It
// must be called before any certificate is verified.
func (v *vendors) trust(certificate []byte) error {
	file := v.folder + "/ca.pem"
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		return err
	}
	return errors.Join(os.Setenv("SSL_CERT_FILE", file), os.Setenv("SSL_CERT_DIR", v.folder))
}

// stop ends the process and waits for it.
func (v *vendors) stop() error {
	return errors.Join(v.in.Close(), v.command.Wait(), os.RemoveAll(v.folder))
}

func (v *vendors) ask(o order) (reply, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var r reply
	if err := v.orders.Encode(o); err != nil {
		return r, err
	}
	if err := v.replies.Decode(&r); err != nil {
		return r, err
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// open returns the URL of a new vendor.
func (v *vendors) open(config vendorConfig) (string, error) {
	r, err := v.ask(order{Open: &config})
	return r.URL, err
}

// count returns the number of connections and of calls that a vendor got.
func (v *vendors) count(url string) (connections, calls int64, err error) {
	r, err := v.ask(order{Count: url})
	return r.Connections, r.Calls, err
}

// close closes a vendor and its connections.
func (v *vendors) close(url string) error {
	_, err := v.ask(order{Close: url})
	return err
}
