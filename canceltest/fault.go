package canceltest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Fault is a way in which a call fails. The zero value is no fault. The constants below,
// [HTTP], [Delay] and [Fault.RetryAfter] make all faults that exist.
//
// A fault whose name begins with CarriedOutThen carries the call out as the vendor would,
// and then spoils the answer. Any other fault but [Delay] changes nothing at the vendor, even
// if the spoiled answer says so.
type Fault string

// Faults that carry nothing out.
const (
	// Refuse refuses the connection, so that no byte of the request is written. It works
	// with the HTTP client in a simulator's Config, which fails as net/http does if nothing
	// listens. A server can't refuse one connection of any other client: such a call ends
	// as with ResetBeforeReading, and the log says so. [Server.Close] refuses everybody.
	Refuse Fault = "refuse"
	// ResetBeforeReading resets the connection before the body of the request is read. The
	// log knows neither Op nor ID.
	ResetBeforeReading Fault = "reset before reading"
	// ResetAfterReading resets the connection after the request is read.
	ResetAfterReading Fault = "reset after reading"
	// Late does not answer before the client gives up.
	Late Fault = "late"
	// CutBody sends fewer bytes of the answer than its Content-Length says. If the answer
	// has no body, this and the other faults of the body close the connection instead.
	CutBody Fault = "cut body"
	// CutChunks sends the answer in chunks, but not the chunk that ends it.
	CutChunks Fault = "cut chunks"
	// HTML answers HTTP 200 with a web page.
	HTML Fault = "HTML"
	// SOAPFault answers HTTP 500 in the vendor's own words for an internal error: a SOAP
	// fault of the server, or a JSON message.
	SOAPFault Fault = "SOAP fault"
	// EndlessBody sends the answer and then blanks without end.
	EndlessBody Fault = "endless body"
	// WrongCharset sends the answer in EBCDIC, labelled with a charset that does not exist.
	WrongCharset Fault = "wrong charset"
)

// Faults that carry nothing out and answer an HTTP status with a web page, without a
// Retry-After unless [Fault.RetryAfter] adds one.
const (
	HTTP429 Fault = "HTTP 429"
	HTTP500 Fault = "HTTP 500"
	HTTP502 Fault = "HTTP 502"
	HTTP503 Fault = "HTTP 503"
	HTTP504 Fault = "HTTP 504"
)

// Faults that carry the call out and lose or spoil the answer.
const (
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

// Faults returns every fault that is a constant of this package, in the order of the
// documentation.
func Faults() []Fault { return slices.Clone(all) }

// HTTP returns a fault that carries nothing out and answers the given status, 200 to 599,
// with a web page. A redirect leads to another path of the simulator. It panics for any
// other status.
func HTTP(status int) Fault {
	return Fault(httpStatus + strconv.Itoa(status)).mustExist()
}

// Delay returns a fault that carries the call out at once, and answers it correctly after
// d, unless the client has given up. It panics if d is negative.
func Delay(d time.Duration) Fault { return Fault(delayed + d.String()).mustExist() }

// RetryAfter returns f, which must be an HTTP status, with a Retry-After header of d,
// rounded up to seconds. It panics for any other f and if d is negative.
func (f Fault) RetryAfter(d time.Duration) Fault {
	seconds := int64(math.Ceil(d.Seconds()))
	return Fault(fmt.Sprint(string(f), retryAfter, seconds)).mustExist()
}

// CarriesOut reports whether a call with this fault is carried out. It panics if f is not
// a fault of this package.
func (f Fault) CarriesOut() bool {
	_, carries := f.mustExist().behaviour()
	return carries
}

// mustExist panics if f is not a fault of this package: a test with it proves nothing.
func (f Fault) mustExist() Fault {
	if play, _ := f.behaviour(); play == nil {
		panic(fmt.Sprintf("canceltest: %q is not a fault", string(f)))
	}
	return f
}

// exchange is a call that waits for its answer.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	broken func(*http.Request) Reply
	reply  Reply // the vendor's answer
}

// behaviour returns how a call with the fault is answered, nil if the fault does not exist, and
// whether the call is carried out.
func (f Fault) behaviour() (play func(exchange), carries bool) {
	base, carries := strings.CutPrefix(string(f), carriedOut)
	if play, ok := plays[Fault(base)]; ok {
		return play, carries || f == ""
	}
	if found := withStatus.FindStringSubmatch(base); found != nil {
		status, _ := strconv.Atoi(found[1])
		return func(x exchange) { x.page(status, found[2]) }, carries
	}
	wait, ok := strings.CutPrefix(base, delayed)
	if d, err := time.ParseDuration(wait); ok && err == nil && d >= 0 {
		return func(x exchange) { x.delay(d) }, true
	}
	return nil, false
}

// withStatus matches a fault with an HTTP status and perhaps a Retry-After.
var withStatus = regexp.MustCompile("^" + httpStatus + "([2-5][0-9]{2})(?:" + retryAfter + "([0-9]+))?$")

// plays holds every fault that has no parameter. Refuse does not get here.
var plays = map[Fault]func(exchange){
	"":                 exchange.answer,
	Refuse:             exchange.reset,
	ResetBeforeReading: exchange.reset,
	ResetAfterReading:  exchange.reset,
	dropped:            exchange.drop,
	Late:               func(x exchange) { x.delay(math.MaxInt64) },
	CutBody:            ofBody(exchange.cutBody),
	CutChunks:          ofBody(exchange.cutChunks),
	HTML:               func(x exchange) { x.page(http.StatusOK, "") },
	SOAPFault:          func(x exchange) { x.broken(x.r).write(x.w) },
	EndlessBody:        ofBody(exchange.endless),
	WrongCharset:       ofBody(exchange.wrongCharset),
}

// ofBody returns play, or a closed connection if the answer has no body to spoil.
func ofBody(play func(exchange)) func(exchange) {
	return func(x exchange) {
		if len(x.reply.Body) == 0 {
			x.drop()
		}
		play(x)
	}
}

func (x exchange) answer() { x.reply.write(x.w) }

// drop closes the connection.
func (exchange) drop() { panic(http.ErrAbortHandler) }

func (x exchange) reset() {
	_ = connOf(x.r).SetLinger(0)
	x.drop()
}

func (x exchange) delay(d time.Duration) {
	select {
	case <-time.After(d):
		x.answer()
	case <-x.r.Context().Done():
		x.drop()
	}
}

func (x exchange) cutBody() {
	whole := x.reply.Body
	x.w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
	x.reply.Body = whole[:len(whole)/2]
	x.cutChunks()
}

func (x exchange) cutChunks() {
	x.answer()
	_ = http.NewResponseController(x.w).Flush()
	x.drop()
}

func (x exchange) endless() {
	x.answer()
	blanks := bytes.Repeat([]byte(" "), 64<<10)
	var err error
	for err == nil && x.r.Context().Err() == nil {
		_, err = x.w.Write(blanks)
	}
	x.drop()
}

func (x exchange) wrongCharset() {
	encoder := encoding.ReplaceUnsupported(charmap.CodePage037.NewEncoder())
	x.reply.Body, _ = encoder.Bytes(x.reply.Body)
	mediaType, _, _ := strings.Cut(x.reply.Header.Get("Content-Type"), ";")
	x.reply.Header = x.reply.Header.Clone()
	x.reply.Header.Set("Content-Type", mediaType+"; charset=x-simulator")
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
	Reply{
		Status: status,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Body:   []byte("<!DOCTYPE html><html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>"),
	}.write(x.w)
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

// next returns the fault of the next call.
func (s *schedule) next() Fault {
	if len(s.queued) > 0 {
		return s.queued[0].fault
	}
	return s.drawn
}

// take returns the fault of the next call and goes on to the call after it.
func (s *schedule) take() Fault {
	fault := s.next()
	if len(s.queued) == 0 {
		s.draw()
	} else if s.queued[0].n--; s.queued[0].n == 0 {
		s.queued = s.queued[1:]
	}
	return fault
}

// draw chooses the fault of the next call that is not queued.
func (s *schedule) draw() {
	s.drawn = ""
	if s.share == 0 {
		return
	}
	// Both numbers are drawn for every call, so that the same seed gives the same faults
	// with another share.
	lot, which := s.random.Float64(), s.random.IntN(len(s.faults))
	if lot < s.share {
		s.drawn = s.faults[which]
	}
}
