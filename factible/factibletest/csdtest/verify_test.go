package csdtest

import (
	"crypto"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	uuid    = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	newUUID = "0b1c2d3e-4f50-4617-8a9b-0c1d2e3f4a5b"
	head    = `<Cancelacion xmlns="http://cancelacfd.sat.gob.mx" RfcEmisor="` + rfc + `" Fecha="2026-03-03T23:06:07">`
	folio   = `<Folios><Folio UUID="` + uuid + `" Motivo="02"/></Folios>`
	tail    = `</Cancelacion>`
)

// unencrypted makes a CSD whose key is not encrypted.
func unencrypted(rfc string, options ...Option) CSD {
	return New(rfc, append(options, Password(""))...)
}

type signer struct {
	csd    CSD
	method string
	c14n   dsig.Canonicalizer
	prefix string
}

func newSigner(csd CSD) signer {
	return signer{csd: csd, method: dsig.RSASHA1SignatureMethod, c14n: dsig.MakeC14N10RecCanonicalizer()}
}

// sign signs with the library and not as package factible does.
func (s signer) sign(tb testing.TB, text string) string {
	tb.Helper()
	key, err := x509.ParsePKCS8PrivateKey(s.csd.Key)
	require.NoError(tb, err)
	context, err := dsig.NewSigningContext(key.(crypto.Signer), [][]byte{s.csd.Certificate})
	require.NoError(tb, err)
	require.NoError(tb, context.SetSignatureMethod(s.method))
	context.Canonicalizer, context.Prefix = s.c14n, s.prefix
	doc := etree.NewDocument()
	require.NoError(tb, doc.ReadFromString(text))
	signed, err := context.SignEnveloped(doc.Root())
	require.NoError(tb, err)

	certificate := must(x509.ParseCertificate(s.csd.Certificate))
	data := signed.FindElement(".//X509Data")
	serial := etree.NewElement("X509IssuerSerial")
	serial.CreateElement("X509IssuerName").SetText(AuthorityName)
	serial.CreateElement("X509SerialNumber").SetText(certificate.SerialNumber.String())
	for _, element := range append(serial.ChildElements(), serial) {
		element.Space = s.prefix
	}
	data.InsertChildAt(0, serial)
	doc.SetRoot(signed)
	out, err := doc.WriteToString()
	require.NoError(tb, err)
	return out
}

func TestVerifyTakesASignedRequest(t *testing.T) {
	csd := unencrypted(rfc)
	plain := newSigner(csd)
	prefixed := plain
	prefixed.prefix = "ds"
	signed := plain.sign(t, head+folio+tail)
	start, end, ok := strings.Cut(signed, "<X509Certificate>")
	require.True(t, ok)
	one := []Folio{{UUID: uuid, Motivo: "02"}}
	for name, tt := range map[string]struct {
		signed string
		folios []Folio
	}{
		"as it comes":         {signed, one},
		"with a declaration":  {`<?xml version="1.0" encoding="utf-8"?>` + "\n" + signed + "\n", one},
		"prefixed":            {prefixed.sign(t, head+folio+tail), one},
		"wrapped certificate": {start + "<X509Certificate>\n" + end[:64] + "\r\n\t" + end[64:], one},
		"indented":            {plain.sign(t, head+"\n  "+strings.ReplaceAll(folio, "><", ">\n  <")+"\n"+tail), one},
		"several folios": {
			plain.sign(t, head+folio+`<Folios><Folio UUID="`+newUUID+`" Motivo="01" FolioSustitucion="`+uuid+`"/></Folios>`+tail),
			[]Folio{{UUID: uuid, Motivo: "02"}, {UUID: newUUID, Motivo: "01", FolioSustitucion: uuid}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := Verify([]byte(tt.signed))
			require.NoError(t, err)
			assert.Equal(t, rfc, request.RfcEmisor)
			assert.True(t, time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC).Equal(request.Fecha))
			assert.Equal(t, tt.folios, request.Folios)
			assert.Equal(t, csd.Certificate, request.Certificate.Raw)
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	csd := unencrypted(rfc)
	by := newSigner(csd)
	good := by.sign(t, head+folio+tail)
	_, err := Verify([]byte(good))
	require.NoError(t, err)
	signature := good[strings.Index(good, "<Signature "):strings.Index(good, tail)]
	change := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	sha256, exclusive, foreign := by, by, newSigner(unencrypted(rfc, ForeignKey()))
	sha256.method = dsig.RSASHA256SignatureMethod
	exclusive.c14n = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	at := time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)
	for name, tt := range map[string]struct {
		signed string
		want   error
	}{
		"nothing":            {"", ErrUnreadable},
		"no XML":             {"signed", ErrUnreadable},
		"cut short":          {good[:len(good)-1], ErrUnreadable},
		"two roots":          {good + good, ErrUnreadable},
		"text after":         {good + "x", ErrUnreadable},
		"a DTD":              {"<!DOCTYPE a>" + good, ErrUnreadable},
		"an instruction":     {"<?a?>" + good, ErrUnreadable},
		"a comment before":   {"<!-- -->" + good, ErrUnreadable},
		"a comment inside":   {change(`</Folios>`, `<!-- --></Folios>`), ErrUnreadable},
		"another charset":    {`<?xml version="1.0" encoding="ISO-8859-1"?>` + good, ErrUnreadable},
		"too deep":           {head + strings.Repeat("<a>", 30) + strings.Repeat("</a>", 30) + tail, ErrUnreadable},
		"no signature":       {head + folio + tail, ErrUnreadable},
		"two signatures":     {change(signature, signature+signature), ErrUnreadable},
		"other namespace":    {change(dsig.Namespace, dsig.Namespace+"a"), ErrUnreadable},
		"RSA-SHA256":         {sha256.sign(t, head+folio+tail), ErrUnreadable},
		"exclusive C14N":     {exclusive.sign(t, head+folio+tail), ErrUnreadable},
		"reference to an ID": {by.sign(t, strings.Replace(head, " Rfc", ` ID="a" Rfc`, 1)+folio+tail), ErrUnreadable},
		"no transforms":      {change(between(good, "<Transforms>", "</Transforms>"), ""), ErrUnreadable},
		"three transforms":   {change("</Transforms>", `<Transform Algorithm="a"/></Transforms>`), ErrUnreadable},
		"no serial number":   {change(between(good, "<X509IssuerSerial>", "</X509IssuerSerial>"), ""), ErrUnreadable},
		"other serial":       {change("</X509SerialNumber>", "0</X509SerialNumber>"), ErrUnreadable},
		"other issuer":       {change("CN=AC", "CN=BC"), ErrUnreadable},
		"no base64":          {change("<X509Certificate>", "<X509Certificate>*"), ErrUnreadable},
		"no certificate":     {change("<X509Certificate>", "<X509Certificate>AAAA"), ErrUnreadable},
		"another's certificate": {strings.Replace(newSigner(unencrypted("XYZ010203AB9")).sign(t, head+folio+tail),
			between(newSigner(unencrypted("XYZ010203AB9")).sign(t, head+folio+tail), "<SignedInfo>", "</SignatureValue>"),
			between(good, "<SignedInfo>", "</SignatureValue>"), 1), ErrSignature},
		"foreign key":       {foreign.sign(t, head+folio+tail), ErrSignature},
		"UUID":              {change(uuid, newUUID), ErrSignature},
		"Motivo":            {change(`Motivo="02"`, `Motivo="03"`), ErrSignature},
		"FolioSustitucion":  {change(`Motivo="02"`, `Motivo="02" FolioSustitucion=""`), ErrSignature},
		"Fecha":             {change(`23:06:07`, `23:06:08`), ErrSignature},
		"RfcEmisor":         {change(`RfcEmisor="A`, `RfcEmisor="B`), ErrSignature},
		"UUID twice":        {change(` UUID="`, ` UUID="`+newUUID+`" UUID="`), ErrSignature},
		"another folio":     {change(folio, folio+folio), ErrSignature},
		"a space":           {change(`><Folios>`, `> <Folios>`), ErrSignature},
		"SignatureValue":    {change("<SignatureValue>", "<SignatureValue>AAAA"), ErrSignature},
		"DigestValue":       {change("<DigestValue>", "<DigestValue>AAAA"), ErrSignature},
		"another root":      {by.sign(t, strings.Replace(head, "Cancelacion", "Cancela", 1)+folio+"</Cancela>"), ErrUnreadable},
		"other document":    {by.sign(t, strings.Replace(head, "cancelacfd", "cancelacf", 1)+folio+tail), ErrUnreadable},
		"no folio":          {by.sign(t, head+tail), ErrUnreadable},
		"empty Folios":      {by.sign(t, head+"<Folios/>"+tail), ErrUnreadable},
		"two in one Folios": {by.sign(t, head+"<Folios><Folio/><Folio/></Folios>"+tail), ErrUnreadable},
		"something else":    {by.sign(t, head+folio+"<a/>"+tail), ErrUnreadable},
		"text in a Folio":   {by.sign(t, head+strings.Replace(folio, "/></Folios>", ">a</Folio></Folios>", 1)+tail), ErrUnreadable},
		"text in Folios":    {by.sign(t, head+strings.Replace(folio, "<Folios>", "<Folios>a", 1)+tail), ErrUnreadable},
		"unknown attribute": {by.sign(t, head+strings.Replace(folio, "Motivo", "motivo", 1)+tail), ErrUnreadable},
		"no Fecha":          {by.sign(t, strings.Replace(head, "Fecha", "xmlns:a", 1)+folio+tail), ErrUnreadable},
		"Fecha with a zone": {by.sign(t, strings.Replace(head, "06:07", "06:07Z", 1)+folio+tail), ErrUnreadable},
		"another RFC":       {newSigner(unencrypted("XYZ010203AB9")).sign(t, head+folio+tail), ErrIssuer},
		"no RFC":            {newSigner(unencrypted(rfc, UniqueIdentifier(""))).sign(t, head+folio+tail), ErrIssuer},
		"e.firma":           {newSigner(unencrypted(rfc, EFirma())).sign(t, head+folio+tail), ErrEFirma},
		"expired":           {newSigner(unencrypted(rfc, Valid(at.Add(-time.Hour), at.Add(-time.Second)))).sign(t, head+folio+tail), ErrValidity},
		"not valid yet":     {newSigner(unencrypted(rfc, Valid(at.Add(time.Second), at.Add(time.Hour)))).sign(t, head+folio+tail), ErrValidity},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := Verify([]byte(tt.signed))
			require.ErrorIs(t, err, tt.want)
			assert.Zero(t, request)
			reasons := 0
			for _, reason := range []error{ErrUnreadable, ErrSignature, ErrIssuer, ErrEFirma, ErrValidity} {
				if errors.Is(err, reason) {
					reasons++
				}
			}
			assert.Equal(t, 1, reasons)
		})
	}
}

// between returns the text from start to end, both included.
func between(s, start, end string) string {
	_, s, _ = strings.Cut(s, start)
	s, _, _ = strings.Cut(s, end)
	return start + s + end
}

// assertSigned fails if got differs from want, which was signed. The signer vouches only
// for the key of the certificate.
func assertSigned(t *testing.T, want, got Request) {
	t.Helper()
	assert.Equal(t, want.Certificate.PublicKey, got.Certificate.PublicKey)
	want.Certificate, got.Certificate = nil, nil
	assert.Equal(t, want, got)
}

// With any byte changed or missing, Verify refuses or returns the signed content.
func TestVerifyReturnsOnlySignedContent(t *testing.T) {
	signed := newSigner(unencrypted(rfc)).sign(t, head+folio+tail)
	want, err := Verify([]byte(signed))
	require.NoError(t, err)
	certificate := strings.Index(signed, "<X509Certificate>")
	taken := 0
	for i := range signed {
		if i > certificate && i%20 > 0 {
			continue // a sample will do
		}
		for _, changed := range []string{signed[:i] + string([]byte{signed[i] ^ 1}) + signed[i+1:], signed[:i] + signed[i+1:]} {
			if request, err := Verify([]byte(changed)); err == nil {
				assertSigned(t, want, request)
				if i < certificate {
					taken++
				}
			}
		}
	}
	assert.LessOrEqual(t, taken, 5, "only blanks between attributes, which encoding/xml does not miss, and spare bits of base64")
}

func FuzzVerify(f *testing.F) {
	signed := newSigner(unencrypted(rfc)).sign(f, head+folio+tail)
	want := must(Verify([]byte(signed)))
	want.Certificate = nil
	f.Add([]byte(signed))
	f.Add([]byte(strings.Replace(signed, uuid, newUUID, 1)))
	f.Add([]byte(strings.Replace(signed, "</Folios>", "</Folios>"+between(signed, "<Signature ", "</Signature>"), 1)))
	f.Add([]byte(strings.Replace(signed, ` URI=""`, ` URI="#a"`, 1)))
	f.Add([]byte(head + folio + tail))
	f.Fuzz(func(t *testing.T, changed []byte) {
		request, err := Verify(changed)
		if err != nil {
			assert.Zero(t, request)
			return
		}
		request.Certificate = nil // each process has its own keys
		assert.Equal(t, want, request)
	})
}
