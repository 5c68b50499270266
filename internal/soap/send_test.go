package soap

import (
	"context"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type ask struct {
	XMLName xml.Name `xml:"http://vendor.test/ns ask"`
	Word    string   `xml:"word"`
}

type seen struct {
	header http.Header
	length int64
	body   string
}

// serve answers every request with body and status, and keeps the requests.
func serve(t *testing.T, status int, contentType, body string) (url string, asked func() []seen, connections *atomic.Int32) {
	t.Helper()
	var (
		mu   sync.Mutex
		list []seen
	)
	connections = new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		mu.Lock()
		list = append(list, seen{r.Header, r.ContentLength, string(text)})
		mu.Unlock()
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return list
	}, connections
}

func via(t *testing.T) *adapter.Client {
	t.Helper()
	c, err := adapter.NewClient(cancel.ClientOptions{UserAgent: "till/7"})
	require.NoError(t, err)
	return c
}

func TestCallOnTheWire(t *testing.T) {
	const word = " <a href=\"x\">&'ñ\t\r\n]]> http://schemas.xmlsoap.org/soap/envelope/ "
	const escaped = " &lt;a href=&#34;x&#34;&gt;&amp;&#39;ñ&#x9;&#xD;&#xA;]]&gt; http://schemas.xmlsoap.org/soap/envelope/ "
	for name, tt := range map[string]struct {
		version   Version
		namespace string
		header    map[string]string
	}{
		"1.1": {V11, "http://schemas.xmlsoap.org/soap/envelope/", map[string]string{
			"Content-Type": `text/xml; charset="utf-8"`, "SOAPAction": "urn:ask",
		}},
		"1.2": {V12, "http://www.w3.org/2003/05/soap-envelope", map[string]string{
			"Content-Type": `application/soap+xml; charset=utf-8; action="urn:ask"`, "SOAPAction": "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			url, asked, connections := serve(t, 500, "text/xml", "an answer")
			for range 3 {
				a := NewClient(via(t), url, tt.version).Call(t.Context(), "urn:ask", ask{Word: word})
				require.NoError(t, a.Err)
				assert.Equal(t, 500, a.Status)
				assert.Equal(t, "an answer", string(a.Body), "whatever gowsdl would have made of it")
			}
			require.Len(t, asked(), 3)
			assert.Less(t, connections.Load(), int32(3))
			for _, request := range asked() {
				assert.Equal(t, `<soap:Envelope xmlns:soap="`+tt.namespace+`"><soap:Body>`+
					`<ask xmlns="http://vendor.test/ns"><word>`+escaped+`</word></ask></soap:Body></soap:Envelope>`, request.body)
				assert.EqualValues(t, len(request.body), request.length)
				assert.Equal(t, "till/7", request.header.Get("User-Agent"))
				assert.Empty(t, request.header.Get("Connection"))
				for key, want := range tt.header {
					assert.Equal(t, want, request.header.Get(key), key)
				}
			}
		})
	}
}

func TestCallThatCannotBeMade(t *testing.T) {
	url, asked, _ := serve(t, 200, "text/xml", "")
	a := NewClient(via(t), url, V11).Call(t.Context(), "urn:ask", make(chan int))
	assert.Error(t, a.Err)
	assert.True(t, a.Unsent)

	a = NewClient(via(t), "http://127.0.0.1:bad", V11).Call(t.Context(), "urn:ask", ask{})
	assert.Error(t, a.Err)
	assert.True(t, a.Unsent)

	done, end := context.WithCancel(t.Context())
	end()
	for _, version := range []Version{V11, V12} {
		a = NewClient(via(t), url, version).Call(done, "urn:ask", ask{})
		assert.ErrorIs(t, a.Err, context.Canceled)
		assert.True(t, a.Unsent)
	}
	assert.Empty(t, asked())
}

func TestCallSendsOneRequestWhateverTheAnswer(t *testing.T) {
	for _, contentType := range []string{"", "multipart/related; boundary=", "; ;", "text/html"} {
		for _, body := range []string{"", "<", `<Envelope><attachments/><Body/></Envelope>`} {
			url, asked, _ := serve(t, 200, contentType, body)
			a := NewClient(via(t), url, V11).Call(t.Context(), "urn:ask", ask{})
			require.NoError(t, a.Err)
			assert.Equal(t, body, string(a.Body))
			assert.Len(t, asked(), 1)
		}
	}
}
