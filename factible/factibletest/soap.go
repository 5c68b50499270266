package factibletest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/beevik/etree"

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

// versionOf returns the version and the action of a request, by its headers. The version is 1.1
// unless the media type says 1.2.
func versionOf(header http.Header) (version *soapVersion, action string) {
	mediaType, parameters, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if mediaType == soap12.mediaType {
		return soap12, parameters["action"]
	}
	return soap11, strings.Trim(header.Get("SOAPAction"), `"`)
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

// readEnvelope returns an envelope, which is in UTF-8, and the element in its Body.
func readEnvelope(text []byte, version *soapVersion) (*etree.Document, *etree.Element, error) {
	envelope := etree.NewDocument()
	envelope.ReadSettings.ValidateInput = true
	if bytes.Contains(text, []byte("<!DOCTYPE")) {
		return nil, nil, errors.New("DTD are not supported in SOAP")
	}
	if err := envelope.ReadFromBytes(bytes.TrimSpace(text)); err != nil {
		return nil, nil, err
	}
	is := func(e *etree.Element, tag string) bool { return e.Tag == tag && e.NamespaceURI() == version.namespace }
	if !is(envelope.Root(), "Envelope") {
		return nil, nil, errors.New("Transport level information does not match with SOAP Message namespace URI")
	}
	bodies := envelope.Root().ChildElements()
	if len(bodies) > 0 && is(bodies[0], "Header") {
		bodies = bodies[1:]
	}
	if len(bodies) != 1 || !is(bodies[0], "Body") {
		return nil, nil, errors.New("the envelope has to hold one Body, after a Header if any")
	}
	content := bodies[0].ChildElements()
	if len(content) != 1 {
		return nil, nil, fmt.Errorf("the Body holds %d elements", len(content))
	}
	return envelope, content[0], nil
}

// readChildren returns the texts of the children of parent, without those that are nil. They must
// be in the namespace and in the order of names. They may be left out, and only properties may be
// repeated.
func readChildren(parent *etree.Element, namespace string, names ...string) (map[string]string, error) {
	given := map[string]string{}
	for _, child := range parent.ChildElements() {
		i := slices.Index(names, child.Tag)
		if i < 0 || child.NamespaceURI() != namespace {
			return nil, unexpected(child)
		}
		names = names[i:]
		if child.Tag == "properties" {
			if _, err := readChildren(child, kvNamespace, "key", "value"); err != nil {
				return nil, err
			}
			continue
		}
		if inside := child.ChildElements(); len(inside) > 0 {
			return nil, unexpected(inside[0])
		}
		names = names[1:]
		if !isNil(child) {
			given[child.Tag] = child.Text()
		}
	}
	return given, nil
}

func unexpected(e *etree.Element) error {
	return fmt.Errorf("org.apache.axis2.databinding.ADBException: Unexpected subelement {%s}%s", e.NamespaceURI(), e.Tag)
}

func isNil(e *etree.Element) bool {
	return slices.ContainsFunc(e.Attr, func(a etree.Attr) bool {
		return a.Key == "nil" && a.NamespaceURI() == xsiNamespace && (a.Value == "true" || a.Value == "1")
	})
}

// secretElements are the elements that the log must not hold, in lower case.
var secretElements = []string{"password", "csdkey", "csdpassword"}

// withoutSecrets returns an envelope as the log may hold it. It changes the envelope.
func withoutSecrets(envelope *etree.Document) []byte {
	for _, e := range envelope.FindElements("//*") {
		if slices.Contains(secretElements, strings.ToLower(e.Tag)) {
			e.Child = nil
			e.SetText("REDACTED")
		}
	}
	text, _ := envelope.WriteToBytes() // cannot fail in memory
	return text
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
