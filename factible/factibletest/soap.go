package factibletest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel/canceltest"
)

const (
	serviceNamespace      = "http://ws.cfdi.solucionfactible.com"
	statusNamespace       = "http://response.cancelacion.commons.timbrado.solucionfactible.com/xsd"
	registrationNamespace = "http://ws.cfdi.solucionfactible.com/xsd"
	kvNamespace           = "http://binding.soap.cancelacion.commons.cfdi.solucionfactible.com/xsd"
	xsiNamespace          = "http://www.w3.org/2001/XMLSchema-instance"
)

// soapVersion holds the differences between SOAP 1.1 and 1.2.
type soapVersion struct {
	namespace, mediaType string
	sender, receiver     string // fault codes
	fault                string // layout of a code and a text; NN is the instance
}

var (
	soap11 = &soapVersion{
		namespace: "http://schemas.xmlsoap.org/soap/envelope/",
		mediaType: "text/xml",
		sender:    "Client",
		receiver:  "Server",
		fault: `<soapenv:Fault xmlns:axis2nsNN="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>axis2nsNN:%s</faultcode>` +
			`<faultstring>%s</faultstring><detail /></soapenv:Fault>`,
	}
	soap12 = &soapVersion{
		namespace: "http://www.w3.org/2003/05/soap-envelope",
		mediaType: "application/soap+xml",
		sender:    "Sender",
		receiver:  "Receiver",
		fault: `<soapenv:Fault xmlns:axis2nsNN="http://www.w3.org/2003/05/soap-envelope"><soapenv:Code><soapenv:Value>axis2nsNN:%s</soapenv:Value></soapenv:Code>` +
			`<soapenv:Reason><soapenv:Text xml:lang="en-US">%s</soapenv:Text></soapenv:Reason><soapenv:Detail /></soapenv:Fault>`,
	}
)

// versionOf returns the version and the action of a request, by its headers.
func versionOf(header http.Header) (version *soapVersion, action string) {
	mediaType, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return nil, ""
	}
	switch mediaType {
	case soap11.mediaType:
		return soap11, strings.Trim(header.Get("SOAPAction"), `"`)
	case soap12.mediaType:
		return soap12, parameters["action"]
	}
	return nil, ""
}

// envelope returns an answer whose body is content.
func (v *soapVersion) envelope(status int, content string) canceltest.Reply {
	return canceltest.Reply{
		Status: status,
		Header: http.Header{"Content-Type": {v.mediaType + ";charset=UTF-8"}},
		Body: []byte(`<?xml version='1.0' encoding='utf-8'?><soapenv:Envelope xmlns:soapenv="` + v.namespace + `">` +
			`<soapenv:Body>` + content + `</soapenv:Body></soapenv:Envelope>`),
	}
}

// element is an element of a request.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e element) isNil() bool {
	for _, a := range e.Attrs {
		if a.Name.Space == xsiNamespace && a.Name.Local == "nil" {
			return a.Value == "true" || a.Value == "1"
		}
	}
	return false
}

// readEnvelope returns the element in the body of an envelope, which is in UTF-8.
func readEnvelope(text []byte, version *soapVersion) (element, error) {
	root, err := readXML(text)
	if err != nil {
		return element{}, err
	}
	if root.XMLName.Local != "Envelope" || root.XMLName.Space != version.namespace {
		return element{}, errors.New("Transport level information does not match with SOAP Message namespace URI")
	}
	bodies := root.Children
	if len(bodies) > 0 && bodies[0].XMLName == (xml.Name{Space: version.namespace, Local: "Header"}) {
		bodies = bodies[1:]
	}
	if len(bodies) != 1 || bodies[0].XMLName != (xml.Name{Space: version.namespace, Local: "Body"}) {
		return element{}, errors.New("the envelope has to hold one Body, after a Header if any")
	}
	if n := len(bodies[0].Children); n != 1 {
		return element{}, fmt.Errorf("the Body holds %d elements", n)
	}
	return bodies[0].Children[0], nil
}

func readXML(text []byte) (element, error) {
	d := decoder(text)
	if bytes.Contains(text, []byte("<!DOCTYPE")) {
		return element{}, errors.New("DTD are not supported in SOAP")
	}
	var root element
	if err := d.Decode(&root); err != nil {
		return element{}, err
	}
	if rest := bytes.TrimSpace(text[d.InputOffset():]); len(rest) > 0 {
		return element{}, errors.New("content after the envelope")
	}
	return root, nil
}

// decoder returns a decoder of text in UTF-8. The declaration may name the charset that text
// was converted from.
func decoder(text []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return d
}

// secretElements are the elements that the log must not hold, in lower case.
var secretElements = []string{"password", "csdkey", "csdpassword"}

// withoutSecrets returns a request, which is well-formed, as the log may hold it.
func withoutSecrets(text []byte) []byte {
	var logged []byte
	var depth int // within an element that is secret
	var copied, start int64
	for d := decoder(text); ; {
		end := d.InputOffset()
		token, err := d.RawToken()
		if err != nil {
			return append(logged, text[copied:]...)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth > 0 || slices.Contains(secretElements, strings.ToLower(token.Name.Local)) {
				if depth++; depth == 1 {
					start = d.InputOffset()
				}
			}
		case xml.EndElement:
			if depth--; depth == 0 && end > start {
				logged = append(append(logged, text[copied:start]...), "REDACTED"...)
				copied = end
			}
			depth = max(depth, 0)
		}
	}
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
