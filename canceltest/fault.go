package canceltest

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Fault is a way in which a call fails. The zero value is none. Faults are made by
// the constants below, [HTTP], [Delay] and [Fault.RetryAfter] alone.
//
// A fault whose name begins with CarriedOutThen carries the cancellation out, as far
// as the vendor would have, and then spoils the answer. Any other changes nothing at
// the vendor, whatever the answer that is spoiled says.
type Fault string

// Faults that carry nothing out.
const (
	// Refuse refuses connections, so that no byte of a request can be written. Nothing
	// listens, and connections that were idle are closed.
	//
	// A server does not hear a connection that is refused. Those of the HTTP client
	// in a simulator's Config are counted, so that Fail(n, Refuse) refuses n of them
	// and they stand in the log. For any other client it lasts n seconds, or 20 ms
	// where [Server.FailAtRandom] chose it.
	//
	// A call that is already on its way when the refusing begins, on a connection
	// that was open before, is reset.
	Refuse Fault = "refuse"
	// ResetBeforeReading resets the connection with the body of the request unread, so
	// that the log knows neither Op nor ID.
	ResetBeforeReading Fault = "reset before reading"
	// ResetAfterReading resets the connection once the request was read.
	ResetAfterReading Fault = "reset after reading"
	// Late does not answer before the client gives up.
	Late Fault = "late"
	// CutBody sends fewer bytes of the answer than its Content-Length promises.
	CutBody Fault = "cut body"
	// CutChunks sends the answer in chunks, complete but for the chunk that ends it.
	CutChunks Fault = "cut chunks"
	// HTML answers HTTP 200 with a web page.
	HTML Fault = "HTML"
	// SOAPFault answers HTTP 500 in the vendor's own words for an internal error: a
	// fault of the server for Factible, and a JSON message for the others.
	SOAPFault Fault = "SOAP fault"
	// EndlessBody follows the answer by blanks that do not end.
	EndlessBody Fault = "endless body"
	// WrongCharset sends the answer in EBCDIC, under the name of a charset that does
	// not exist.
	WrongCharset Fault = "wrong charset"
)

// Faults that carry nothing out and answer an HTTP status with a web page. None has a
// Retry-After unless [Fault.RetryAfter] gives one.
const (
	HTTP429 Fault = "HTTP 429"
	HTTP500 Fault = "HTTP 500"
	HTTP502 Fault = "HTTP 502"
	HTTP503 Fault = "HTTP 503"
	HTTP504 Fault = "HTTP 504"
)

// Faults that carry the cancellation out and then do as the fault of the same name.
const (
	// CarriedOutThenDropped carries the cancellation out and closes the connection
	// without an answer. It is the one that matters most.
	CarriedOutThenDropped      Fault = carriedOut + dropped
	CarriedOutThenReset        Fault = carriedOut + ResetAfterReading
	CarriedOutThenLate         Fault = carriedOut + Late
	CarriedOutThenCutBody      Fault = carriedOut + CutBody
	CarriedOutThenCutChunks    Fault = carriedOut + CutChunks
	CarriedOutThenHTML         Fault = carriedOut + HTML
	CarriedOutThenHTTP500      Fault = carriedOut + HTTP500
	CarriedOutThenHTTP502      Fault = carriedOut + HTTP502
	CarriedOutThenHTTP504      Fault = carriedOut + HTTP504
	CarriedOutThenSOAPFault    Fault = carriedOut + SOAPFault
	CarriedOutThenEndlessBody  Fault = carriedOut + EndlessBody
	CarriedOutThenWrongCharset Fault = carriedOut + WrongCharset
)

const (
	carriedOut = "carried out, then "
	dropped    = "dropped"
	delayed    = "delay "
	httpStatus = "HTTP "
	retryAfter = ", Retry-After "
)

var all = []Fault{
	Refuse, ResetBeforeReading, ResetAfterReading, Late, CutBody, CutChunks, HTML,
	SOAPFault, EndlessBody, WrongCharset,
	HTTP429, HTTP500, HTTP502, HTTP503, HTTP504,
	CarriedOutThenDropped, CarriedOutThenReset, CarriedOutThenLate,
	CarriedOutThenCutBody, CarriedOutThenCutChunks, CarriedOutThenHTML,
	CarriedOutThenHTTP500, CarriedOutThenHTTP502, CarriedOutThenHTTP504,
	CarriedOutThenSOAPFault, CarriedOutThenEndlessBody, CarriedOutThenWrongCharset,
}

// Faults returns every fault that is a constant of this package, in the order of
// its documentation.
func Faults() []Fault { return slices.Clone(all) }

// HTTP returns the fault of an answer with the given status, 200 to 599, and a web
// page. Nothing is carried out. A redirect leads to another path of the simulator.
func HTTP(status int) Fault {
	return Fault(httpStatus + strconv.Itoa(status)).mustExist()
}

// Delay returns the fault of a vendor that is slow: the call is carried out at once,
// and answered as it should be after d, unless the client has given up.
func Delay(d time.Duration) Fault { return Fault(delayed + d.String()).mustExist() }

// RetryAfter returns f, one of the HTTP statuses, with a Retry-After header of d,
// rounded up to seconds.
func (f Fault) RetryAfter(d time.Duration) Fault {
	seconds := int64(math.Ceil(d.Seconds()))
	return Fault(fmt.Sprint(string(f), retryAfter, seconds)).mustExist()
}

// CarriesOut reports whether a call with this fault is carried out first.
func (f Fault) CarriesOut() bool { return f.mustExist().behaviour().carries }

// mustExist panics where f is no fault of this package: a test that asks for it
// would prove nothing.
func (f Fault) mustExist() Fault {
	if f.behaviour().play == nil {
		panic(fmt.Sprintf("canceltest: there is no fault %q", string(f)))
	}
	return f
}

// exchange is a call that waits for its answer.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	vendor vendor
	reply  reply // what the vendor would answer
}

// behaviour is what a fault does to a call.
type behaviour struct {
	carries bool
	play    func(exchange)
}

func (f Fault) behaviour() behaviour {
	base, carries := strings.CutPrefix(string(f), carriedOut)
	if play, ok := plays[Fault(base)]; ok {
		return behaviour{carries || f == "", play}
	}
	if wait, ok := strings.CutPrefix(base, delayed); ok {
		d, err := time.ParseDuration(wait)
		if err != nil || d < 0 {
			return behaviour{}
		}
		return behaviour{true, func(x exchange) { x.delay(d) }}
	}
	if rest, ok := strings.CutPrefix(base, httpStatus); ok {
		number, wait, waits := strings.Cut(rest, retryAfter)
		status, err := strconv.Atoi(number)
		if err != nil || status < 200 || status > 599 {
			return behaviour{}
		}
		if _, err := strconv.ParseUint(wait, 10, 64); waits && err != nil {
			return behaviour{}
		}
		return behaviour{carries, func(x exchange) { x.page(status, wait) }}
	}
	return behaviour{}
}

// plays holds every fault that has no parameter.
var plays = map[Fault]func(exchange){
	"":                 exchange.answer,
	Refuse:             exchange.reset, // of a call that no longer could be refused
	ResetBeforeReading: exchange.reset,
	ResetAfterReading:  exchange.reset,
	dropped:            exchange.drop,
	Late:               func(x exchange) { x.delay(math.MaxInt64) },
	CutBody:            exchange.cutBody,
	CutChunks:          exchange.cutChunks,
	HTML:               func(x exchange) { x.page(http.StatusOK, "") },
	SOAPFault:          func(x exchange) { x.vendor.broken(x.r).write(x.w) },
	EndlessBody:        exchange.endless,
	WrongCharset:       exchange.wrongCharset,
}

func (x exchange) answer() { x.reply.write(x.w) }

// drop closes the connection.
func (exchange) drop() { panic(http.ErrAbortHandler) }

func (x exchange) reset() {
	_ = connOf(x.r).SetLinger(0)
	x.drop()
}

func (x exchange) delay(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		x.answer()
	case <-x.r.Context().Done():
		x.drop()
	}
}

func (x exchange) cutBody() {
	whole := x.reply.body
	x.w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
	x.reply.body = whole[:len(whole)/2]
	x.answer()
	_ = http.NewResponseController(x.w).Flush()
	x.drop()
}

func (x exchange) cutChunks() {
	x.answer()
	_ = http.NewResponseController(x.w).Flush()
	x.drop()
}

func (x exchange) endless() {
	x.answer()
	blanks := bytes.Repeat([]byte(" "), 64<<10)
	for x.r.Context().Err() == nil {
		if _, err := x.w.Write(blanks); err != nil {
			break
		}
	}
	x.drop()
}

func (x exchange) wrongCharset() {
	encoder := encoding.ReplaceUnsupported(charmap.CodePage037.NewEncoder())
	x.reply.body, _ = encoder.Bytes(x.reply.body)
	mediaType, _, _ := strings.Cut(x.reply.contentType, ";")
	x.reply.contentType = mediaType + "; charset=x-simulator"
	x.answer()
}

func (x exchange) page(status int, wait string) {
	header := x.w.Header()
	if wait != "" {
		header.Set("Retry-After", wait)
	}
	if status/100 == 3 {
		header.Set("Location", "/elsewhere")
	}
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	if status == http.StatusOK {
		title = "Sitio en mantenimiento"
	}
	reply{
		status:      status,
		contentType: "text/html; charset=utf-8",
		body:        []byte("<!DOCTYPE html><html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>"),
	}.write(x.w)
}

// reply is a vendor's answer, and what the log is to know of the call.
type reply struct {
	status      int
	contentType string
	body        []byte

	op      string
	ids     []string
	request []byte
	carried bool
}

func (a reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.contentType)
	w.WriteHeader(a.status)
	_, _ = io.Copy(w, bytes.NewReader(a.body))
}

// schedule says which call fails and how.
type schedule struct {
	queued []run
	share  float64
	faults []Fault
	random *rand.Rand
	drawn  Fault // for the next call that is not in queued
}

// run is a number of calls that fail alike.
type run struct {
	n     int
	fault Fault
}

// next returns the fault of the next call, and whether it was drawn at random.
func (s *schedule) next() (fault Fault, atRandom bool) {
	if len(s.queued) > 0 {
		return s.queued[0].fault, false
	}
	return s.drawn, true
}

// take returns the fault of the next call and goes on to the one after it.
func (s *schedule) take() Fault {
	fault, atRandom := s.next()
	if atRandom {
		s.draw()
	} else if s.queued[0].n--; s.queued[0].n == 0 {
		s.queued = s.queued[1:]
	}
	return fault
}

func (s *schedule) draw() {
	s.drawn = ""
	if s.share == 0 {
		return
	}
	// Both numbers are drawn for every call, so that the faults of one seed are
	// those of another share, too.
	lot, which := s.random.Float64(), s.random.IntN(len(s.faults))
	if lot < s.share {
		s.drawn = s.faults[which]
	}
}
