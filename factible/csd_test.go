package factible

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/youmark/pkcs8"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/csdtest"
)

const (
	csdRFC      = "ABC010203AB9"
	csdUUID     = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	csdNewUUID  = "0b1c2d3e-4f50-4617-8a9b-0c1d2e3f4a5b"
	csdPassword = " s3cr3t hunter2 ñ "
)

var csdNow = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

func newCSD(rfc string, options ...csdtest.Option) CSD { return CSD(csdtest.New(rfc, options...)) }

func newSeal(t *testing.T, rfc string, options ...csdtest.Option) *seal {
	t.Helper()
	s, err := newCSD(rfc, options...).open(csdNow)
	require.NoError(t, err)
	return s
}

// assertNothingOf fails if shown holds the key or the password of csd in any form.
func assertNothingOf(t *testing.T, csd CSD, shown, how string) {
	t.Helper()
	key := csd.Key[len(csd.Key)/2:][:24]
	for _, form := range []string{
		"hunter2",
		fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2"), fmt.Sprintf("% x", "hunter2"),
		strings.Trim(fmt.Sprint([]byte("hunter2")), "[]"),
		base64.StdEncoding.EncodeToString([]byte(revealed(csd.Password))),
		string(key),
		fmt.Sprintf("%x", key), fmt.Sprintf("%X", key), fmt.Sprintf("% x", key), fmt.Sprintf("%#x", key)[2:],
		strings.Trim(fmt.Sprint(key), "[]"),
		strings.Trim(fmt.Sprintf("%o", key), "[]"),
		base64.StdEncoding.EncodeToString(csd.Key)[400:430],
	} {
		assert.NotContains(t, shown, form, how)
	}
}

func TestCSDIsShownNowhere(t *testing.T) {
	csd := newCSD(csdRFC, csdtest.Password(csdPassword))
	type config struct {
		Name string
		CSD  CSD
	}
	values := map[string]any{
		"value":            csd,
		"pointer":          &csd,
		"in a struct":      config{"a", csd},
		"behind a pointer": &config{"a", csd},
		"in a slice":       []CSD{csd},
		"in a map":         map[string]*CSD{"a": &csd},
		"in an interface":  []any{csd, &csd, config{"a", csd}},
	}
	for what, value := range values {
		// %p and %w are the two under which fmt consults no method.
		for verb := 'A'; verb <= 'z'; verb++ {
			if verb > 'Z' && verb < 'a' || verb == 'p' || verb == 'w' {
				continue
			}
			for _, flags := range []string{"", "+", "#", " ", "-", "0", "+#", "20", ".3"} {
				format := "%" + flags + string(verb)
				assertNothingOf(t, csd, fmt.Sprintf(format, value), what+" "+format)
			}
		}
		assert.Contains(t, fmt.Sprintf("%+v", value), "REDACTED", what)

		asJSON, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Contains(t, string(asJSON), `"REDACTED"`, what)
		assertNothingOf(t, csd, string(asJSON), what+" in JSON")

		for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("m", "it", value)
			assert.Contains(t, out.String(), "REDACTED", what)
			assertNothingOf(t, csd, out.String(), what+" in slog as "+name)
		}
	}
	assert.Equal(t, "REDACTED", csd.LogValue().String())
	asXML, err := xml.Marshal(config{"a", csd})
	require.NoError(t, err)
	assert.Equal(t, "<config><Name>a</Name><CSD>REDACTED</CSD></config>", string(asXML))

	s, err := csd.open(csdNow)
	require.NoError(t, err)
	private := s.key()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, value := range []any{s, *s, struct{ s *seal }{s}, struct{ s seal }{*s}} {
			shown := fmt.Sprintf(format, value)
			assertNothingOf(t, csd, shown, "a seal under "+format)
			assert.NotContains(t, shown, private.D.String())
			assert.NotContains(t, shown, private.Primes[0].String())
		}
	}
}

func TestCSDOpens(t *testing.T) {
	rounds := func(hash crypto.Hash) pkcs8.PBKDF2Opts {
		return pkcs8.PBKDF2Opts{SaltSize: 16, IterationCount: 2048, HMACHash: hash}
	}
	for name, options := range map[string][]csdtest.Option{
		"as the SAT does":      {},
		"password with blanks": {csdtest.Password(csdPassword)},
		"3DES, SHA-256":        {csdtest.Encryption(pkcs8.Opts{Cipher: pkcs8.TripleDESCBC, KDFOpts: rounds(crypto.SHA256)})},
		"AES-128":              {csdtest.Encryption(pkcs8.Opts{Cipher: pkcs8.AES128CBC, KDFOpts: rounds(crypto.SHA1)})},
		"AES-192":              {csdtest.Encryption(pkcs8.Opts{Cipher: pkcs8.AES192CBC, KDFOpts: rounds(crypto.SHA256)})},
		"AES-256":              {csdtest.Encryption(pkcs8.Opts{Cipher: pkcs8.AES256CBC, KDFOpts: rounds(crypto.SHA256)})},
		"with representative":  {csdtest.UniqueIdentifier(csdRFC + " / GODE561231GR8")},
		"without blanks":       {csdtest.UniqueIdentifier(csdRFC + "/GODE561231GR8")},
		"without any":          {csdtest.UniqueIdentifier(csdRFC + " / ")},
		"self-signed":          {csdtest.SelfSigned()},
		"valid from now":       {csdtest.Valid(csdNow, csdNow.Add(time.Hour))},
		"valid until now":      {csdtest.Valid(csdNow.Add(-time.Hour), csdNow)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSeal(t, csdRFC, options...)
			assert.Equal(t, csdRFC, s.rfc)
			signed, err := s.request(csdRFC, csdUUID, "02", "", csdNow)
			require.NoError(t, err)
			_, err = csdtest.Verify(signed)
			assert.NoError(t, err)
		})
	}
	for _, rfc := range []string{"GODE561231GR8", "ÑAÑ010203AB9", "A&C010203AB9", "Ñ&XA991231Z0A"} {
		assert.Equal(t, rfc, newSeal(t, rfc).rfc)
	}
}

func TestCSDRefuses(t *testing.T) {
	good := newCSD(csdRFC, csdtest.Password(csdPassword))
	with := func(change func(*CSD)) CSD {
		csd := good
		change(&csd)
		return csd
	}
	certificate := func(options ...csdtest.Option) CSD {
		return newCSD(csdRFC, append(options, csdtest.Password(csdPassword))...)
	}
	key := func(der []byte) CSD { return with(func(c *CSD) { c.Key = der }) }
	encryption := func(o pkcs8.Opts) CSD { return certificate(csdtest.Encryption(o)) }
	const (
		notDER    = "CSD.Certificate is no X.509 certificate in DER"
		noRFC     = "CSD.Certificate has no RFC in the x500UniqueIdentifier of its subject"
		notPKCS8  = "CSD.Key is no encrypted PKCS #8 key in DER"
		encrypted = "CSD.Key is not encrypted as the SAT does: PBES2 with PBKDF2, and 3DES or AES in CBC mode"
		password  = "CSD.Password does not open CSD.Key"
	)
	for name, tt := range map[string]struct {
		csd  CSD
		want string
	}{
		"nothing":                 {CSD{}, "CSD.Certificate is missing"},
		"no certificate":          {with(func(c *CSD) { c.Certificate = nil }), "CSD.Certificate is missing"},
		"PEM certificate":         {with(func(c *CSD) { c.Certificate = toPEM("CERTIFICATE", c.Certificate) }), "CSD.Certificate is PEM: it must be DER, as in the .cer file"},
		"base64 certificate":      {with(func(c *CSD) { c.Certificate = []byte(base64.StdEncoding.EncodeToString(c.Certificate)) }), notDER},
		"certificate cut short":   {with(func(c *CSD) { c.Certificate = c.Certificate[:len(c.Certificate)-1] }), notDER},
		"two certificates":        {with(func(c *CSD) { c.Certificate = bytes.Repeat(c.Certificate, 2) }), notDER},
		"key for a certificate":   {with(func(c *CSD) { c.Certificate = c.Key }), notDER},
		"elliptic pair":           {certificate(csdtest.Elliptic()), "CSD.Certificate is not for an RSA key"},
		"no unique identifier":    {certificate(csdtest.UniqueIdentifier("")), noRFC},
		"no RFC in it":            {certificate(csdtest.UniqueIdentifier("2.5.4.45")), noRFC},
		"representative alone":    {certificate(csdtest.UniqueIdentifier(" / " + csdRFC)), noRFC},
		"RFC in lower case":       {certificate(csdtest.UniqueIdentifier(strings.ToLower(csdRFC))), noRFC},
		"not valid yet":           {certificate(csdtest.Valid(csdNow.Add(time.Second), csdNow.Add(time.Hour))), "CSD.Certificate is not valid yet: it will be from 2026-03-03T23:06:08-06:00"},
		"expired":                 {certificate(csdtest.Valid(csdNow.Add(-time.Hour), csdNow.Add(-time.Second))), "CSD.Certificate expired: it was valid until 2026-03-03T23:06:06-06:00"},
		"no key":                  {key(nil), "CSD.Key is missing"},
		"PEM key":                 {key(toPEM("ENCRYPTED PRIVATE KEY", good.Key)), "CSD.Key is PEM: it must be DER, as in the .key file"},
		"key cut short":           {key(good.Key[:len(good.Key)-1]), notPKCS8},
		"certificate for a key":   {key(good.Certificate), notPKCS8},
		"key as text":             {key([]byte("not a key")), notPKCS8},
		"key not encrypted":       {key(newCSD(csdRFC, csdtest.Password("")).Key), notPKCS8},
		"PKCS #1":                 {key(x509.MarshalPKCS1PrivateKey(newSeal(t, csdRFC).key())), notPKCS8},
		"PBES1":                   {key(encryptedKey(t, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 10}, struct{ A, B int }{}, nil)), encrypted},
		"scrypt":                  {encryption(pkcs8.Opts{Cipher: pkcs8.AES256CBC, KDFOpts: pkcs8.ScryptOpts{SaltSize: 8, CostParameter: 2, BlockSize: 1, ParallelizationParameter: 1}}), encrypted},
		"endless rounds":          {key(pbes2(t, pbkdf2(math.MaxInt32), oidDES3, make([]byte, 8), make([]byte, 8))), encrypted},
		"no rounds":               {key(pbes2(t, pbkdf2(0), oidDES3, make([]byte, 8), make([]byte, 8))), encrypted},
		"negative rounds":         {key(pbes2(t, pbkdf2(-1), oidDES3, make([]byte, 8), make([]byte, 8))), encrypted},
		"no derivation":           {key(pbes2(t, 1, oidDES3, make([]byte, 8), make([]byte, 8))), encrypted},
		"unknown cipher":          {key(pbes2(t, pbkdf2(1), asn1.ObjectIdentifier{1, 2, 3}, make([]byte, 8), make([]byte, 8))), encrypted},
		"IV too short":            {key(pbes2(t, pbkdf2(1), oidDES3, make([]byte, 7), make([]byte, 8))), notPKCS8},
		"data of no whole blocks": {key(pbes2(t, pbkdf2(1), oidDES3, make([]byte, 8), make([]byte, 9))), notPKCS8},
		"no data":                 {key(pbes2(t, pbkdf2(1), oidDES3, make([]byte, 8), nil)), password},
		"no password":             {with(func(c *CSD) { c.Password = cancel.NewSecret("") }), "CSD.Password is missing"},
		"wrong password":          {with(func(c *CSD) { c.Password = cancel.NewSecret("wrong hunter2") }), password},
		"password trimmed":        {with(func(c *CSD) { c.Password = cancel.NewSecret(strings.TrimSpace(csdPassword)) }), password},
		"elliptic key":            {key(certificate(csdtest.Elliptic()).Key), "CSD.Key is not an RSA key"},
		"foreign key":             {certificate(csdtest.ForeignKey()), "CSD.Key is not the key of CSD.Certificate"},
		"another taxpayer's key":  {key(newCSD("XYZ010203AB9", csdtest.Password(csdPassword)).Key), "CSD.Key is not the key of CSD.Certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := tt.csd.open(csdNow)
			require.EqualError(t, err, tt.want)
			assert.Nil(t, s)
			assertNothingOf(t, good, fmt.Sprintf("%v %+v %#v", err, err, err), name)
		})
	}
}

func toPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

var oidDES3 = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}

// encryptedKey writes an encrypted PKCS #8 key that need not make sense.
func encryptedKey(t *testing.T, scheme asn1.ObjectIdentifier, parameters any, data []byte) []byte {
	t.Helper()
	return toDER(t, struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}{pkix.AlgorithmIdentifier{Algorithm: scheme, Parameters: asn1.RawValue{FullBytes: toDER(t, parameters)}}, data})
}

func pbes2(t *testing.T, derivation any, cipher asn1.ObjectIdentifier, iv, data []byte) []byte {
	t.Helper()
	return encryptedKey(t, oidPBES2, struct{ Derivation, Cipher pkix.AlgorithmIdentifier }{
		pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2, Parameters: asn1.RawValue{FullBytes: toDER(t, derivation)}},
		pkix.AlgorithmIdentifier{Algorithm: cipher, Parameters: asn1.RawValue{FullBytes: toDER(t, iv)}},
	}, data)
}

func pbkdf2(rounds int) any {
	return struct {
		Salt   []byte
		Rounds int
	}{make([]byte, 8), rounds}
}

func toDER(t *testing.T, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	require.NoError(t, err)
	return der
}

func TestSealKeepsNothingOfTheCSD(t *testing.T) {
	csd := newCSD(csdRFC)
	s, err := csd.open(csdNow)
	require.NoError(t, err)
	clear(csd.Certificate)
	clear(csd.Key)
	signed, err := s.request(csdRFC, csdUUID, "02", "", csdNow)
	require.NoError(t, err)
	_, err = csdtest.Verify(signed)
	assert.NoError(t, err)
}

// The canonical forms are written out here, so that nothing of what signs takes part in
// the check.
func TestRequestToTheLetter(t *testing.T) {
	const (
		namespaces = ` xmlns="http://cancelacfd.sat.gob.mx" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
		inherited  = ` xmlns="http://www.w3.org/2000/09/xmldsig#" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
		issuer     = `1.2.840.113549.1.9.2=#130f726573706f6e64653a206e61646965,2.5.4.45=#130c414141303130313031414141,C=MX,POSTALCODE=00000,STREET=Av. Inventada 77\, Col. Ninguna,1.2.840.113549.1.9.1=#0c116e61646965406578616d706c652e636f6d,OU=Administración de pruebas,O=Ninguna autoridad,CN=AC de prueba`
	)
	for name, tt := range map[string]struct {
		rfc, inXML, motive, replacedBy, folio string
	}{
		"replaced":    {csdRFC, csdRFC, "01", csdNewUUID, `UUID="` + csdUUID + `" Motivo="01" FolioSustitucion="` + csdNewUUID + `"`},
		"not":         {"GODE561231GR8", "GODE561231GR8", "02", "", `UUID="` + csdUUID + `" Motivo="02"`},
		"with Ñ":      {"ÑAÑ010203AB9", "ÑAÑ010203AB9", "03", "", `UUID="` + csdUUID + `" Motivo="03"`},
		"with Ñ, &":   {"Ñ&XA991231Z0A", "Ñ&amp;XA991231Z0A", "04", "", `UUID="` + csdUUID + `" Motivo="04"`},
		"with &":      {"A&C010203AB9", "A&amp;C010203AB9", "01", csdNewUUID, `UUID="` + csdUUID + `" Motivo="01" FolioSustitucion="` + csdNewUUID + `"`},
		"person, & Ñ": {"&ÑXA991231Z0A", "&amp;ÑXA991231Z0A", "02", "", `UUID="` + csdUUID + `" Motivo="02"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSeal(t, tt.rfc)
			signed, err := s.request(tt.rfc, csdUUID, tt.motive, tt.replacedBy, csdNow)
			require.NoError(t, err)

			sorted := `Motivo="` + tt.motive + `" UUID="` + csdUUID + `"` // as canonical attributes are
			if tt.replacedBy != "" {
				sorted = `FolioSustitucion="` + tt.replacedBy + `" Motivo="` + tt.motive + `" UUID="` + csdUUID + `"`
			}
			content := `<Cancelacion` + namespaces + ` Fecha="2026-03-03T23:06:07" RfcEmisor="` + tt.inXML + `"><Folios><Folio ` + sorted + `></Folio></Folios></Cancelacion>`
			digest := sha1.Sum([]byte(content))
			info := `<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>` +
				`<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>` +
				`<Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>` +
				`<DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue>` + base64.StdEncoding.EncodeToString(digest[:]) + `</DigestValue></Reference>`

			before, rest, ok := strings.Cut(string(signed), "<SignatureValue>")
			require.True(t, ok)
			value, after, ok := strings.Cut(rest, "</SignatureValue>")
			require.True(t, ok)
			assert.Equal(t, `<?xml version="1.0" encoding="UTF-8"?>`+
				`<Cancelacion`+namespaces+` RfcEmisor="`+tt.inXML+`" Fecha="2026-03-03T23:06:07"><Folios><Folio `+tt.folio+`/></Folios>`+
				`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>`+info+`</SignedInfo>`, before)
			assert.Equal(t, `<KeyInfo><X509Data><X509IssuerSerial><X509IssuerName>`+issuer+`</X509IssuerName>`+
				`<X509SerialNumber>`+s.certificate.SerialNumber.Text(10)+`</X509SerialNumber></X509IssuerSerial>`+
				`<X509Certificate>`+base64.StdEncoding.EncodeToString(s.certificate.Raw)+`</X509Certificate></X509Data></KeyInfo>`+
				`</Signature></Cancelacion>`, after)

			canonicalInfo := `<SignedInfo` + inherited + `>` + emptyElements.Replace(info) + `</SignedInfo>`
			sum := sha1.Sum([]byte(canonicalInfo))
			raw, err := base64.StdEncoding.DecodeString(value)
			require.NoError(t, err)
			assert.NoError(t, rsa.VerifyPKCS1v15(&s.key().PublicKey, crypto.SHA1, sum[:], raw))
		})
	}
}

// emptyElements of a SignedInfo as the canonical form writes them.
var emptyElements = strings.NewReplacer(
	`c14n-20010315"/>`, `c14n-20010315"></CanonicalizationMethod>`,
	`#rsa-sha1"/>`, `#rsa-sha1"></SignatureMethod>`,
	`#enveloped-signature"/>`, `#enveloped-signature"></Transform>`,
	`#sha1"/>`, `#sha1"></DigestMethod>`,
)

// Mexico City gave up daylight saving time in October 2022.
func TestRequestIsDatedInMexicoCity(t *testing.T) {
	s := newSeal(t, csdRFC)
	tokyo := time.FixedZone("Tokyo", 9*60*60)
	for at, want := range map[time.Time]string{
		time.Date(2022, time.July, 1, 4, 59, 59, 999, time.UTC):   `Fecha="2022-06-30T23:59:59"`,
		time.Date(2022, time.July, 1, 5, 0, 0, 0, time.UTC):       `Fecha="2022-07-01T00:00:00"`,
		time.Date(2022, time.January, 1, 5, 0, 0, 0, time.UTC):    `Fecha="2021-12-31T23:00:00"`,
		time.Date(2026, time.July, 1, 5, 0, 0, 0, time.UTC):       `Fecha="2026-06-30T23:00:00"`,
		time.Date(2026, time.July, 1, 6, 0, 0, 0, time.UTC):       `Fecha="2026-07-01T00:00:00"`,
		time.Date(2026, time.July, 1, 15, 0, 0, 0, tokyo):         `Fecha="2026-07-01T00:00:00"`,
		time.Date(2026, time.January, 1, 18, 30, 15, 0, time.UTC): `Fecha="2026-01-01T12:30:15"`,
	} {
		signed, err := s.request(csdRFC, csdUUID, "02", "", at)
		require.NoError(t, err)
		assert.Contains(t, string(signed), want, at)
	}
}

func TestRequestRefuses(t *testing.T) {
	s := newSeal(t, csdRFC, csdtest.Password(csdPassword), csdtest.Valid(csdNow.Add(-time.Hour), csdNow.Add(time.Hour)))
	for name, tt := range map[string]struct {
		issuer string
		at     time.Time
		want   string
	}{
		"expired since":   {csdRFC, csdNow.Add(time.Hour + time.Second), "CSD.Certificate expired: it was valid until 2026-03-04T00:06:07-06:00"},
		"not valid yet":   {csdRFC, csdNow.Add(-time.Hour - time.Second), "CSD.Certificate is not valid yet: it will be from 2026-03-03T22:06:07-06:00"},
		"another issuer":  {"XYZ010203AB9", csdNow, `CSD.Certificate is of ABC010203AB9, while Issuer is "XYZ010203AB9"`},
		"no issuer":       {"", csdNow, `CSD.Certificate is of ABC010203AB9, while Issuer is ""`},
		"lower case":      {"abc010203ab9", csdNow, `CSD.Certificate is of ABC010203AB9, while Issuer is "abc010203ab9"`},
		"begins the same": {"ABC010203AB90", csdNow, `CSD.Certificate is of ABC010203AB9, while Issuer is "ABC010203AB90"`},
	} {
		t.Run(name, func(t *testing.T) {
			signed, err := s.request(tt.issuer, csdUUID, "02", "", tt.at)
			require.EqualError(t, err, tt.want)
			assert.Nil(t, signed)
		})
	}
}

// crypto/rsa refuses to sign with keys of less than 1024 bits, such as none.
func TestRequestWithAKeyThatCannotSign(t *testing.T) {
	s := newSeal(t, csdRFC)
	key := *s.key()
	key.N, key.Precomputed = nil, rsa.PrecomputedValues{}
	s.key = func() *rsa.PrivateKey { return &key }
	signed, err := s.request(csdRFC, csdUUID, "02", "", csdNow)
	require.ErrorContains(t, err, "CSD.Key cannot sign: ")
	assert.Nil(t, signed)
}

func TestSealFromManyGoroutines(t *testing.T) {
	s := newSeal(t, csdRFC)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			uuid := fmt.Sprintf("%08d-0000-4000-8000-000000000000", i)
			signed, err := s.request(csdRFC, uuid, "02", "", csdNow)
			if !assert.NoError(t, err) {
				return
			}
			request, err := csdtest.Verify(signed)
			if assert.NoError(t, err) {
				assert.Equal(t, []csdtest.Folio{{UUID: uuid, Motivo: "02"}}, request.Folios)
			}
		})
	}
	wg.Wait()
}

func TestValidRFC(t *testing.T) {
	for _, good := range []string{
		"ABC010203AB9", "GODE561231GR8", "XAXX010101000", "XEXX010101000", "ABC0102039XA",
		"ÑAÑ010203AB9", "A&C010203AB9", "&&&010203AB9", "ÑÑÑÑ010203AB9", "Ñ&XA991231Z0A",
	} {
		assert.True(t, validRFC(good), good)
	}
	for _, bad := range []string{
		"", "ABC", "AB010203AB9", "ABCDE010203AB9", "ABC010203AB", "ABC010203AB99",
		"abc010203ab9", "ABC010203ab9", "ñAC010203AB9", " ABC010203AB9", "ABC010203AB9 ", "ABC010203AB9\n",
		"ABC-010203-AB9", "AB1010203AB9", "ABC011303AB9", "ABC010003AB9", "ABC010200AB9", "ABC010232AB9",
		"ABC010203ABB", "ABC010203A&9", "ABC010203ÑB9", "ÁBC010203AB9",
		"N\u0303AC010203AB9", "ABC0102\u0660\u0663AB9", "\xd1AC010203AB9", "ABC010203AB9/", "ABC010203AB9\x00",
	} {
		assert.False(t, validRFC(bad), "%q", bad)
	}
}

func FuzzCSD(f *testing.F) {
	quick := csdtest.Encryption(pkcs8.Opts{Cipher: pkcs8.TripleDESCBC, KDFOpts: pkcs8.PBKDF2Opts{SaltSize: 8, IterationCount: 1, HMACHash: crypto.SHA1}})
	aes := csdtest.Encryption(pkcs8.Opts{Cipher: pkcs8.AES256CBC, KDFOpts: pkcs8.PBKDF2Opts{SaltSize: 8, IterationCount: 1, HMACHash: crypto.SHA256}})
	scrypt := csdtest.Encryption(pkcs8.Opts{Cipher: pkcs8.AES128CBC, KDFOpts: pkcs8.ScryptOpts{SaltSize: 8, CostParameter: 2, BlockSize: 1, ParallelizationParameter: 1}})
	good := newCSD(csdRFC, quick)
	for _, seed := range []CSD{
		good,
		newCSD(csdRFC, aes),
		newCSD(csdRFC, scrypt),
		newCSD(csdRFC, quick, csdtest.Elliptic()),
		newCSD(csdRFC, quick, csdtest.SelfSigned()),
		newCSD(csdRFC, csdtest.Password("")),
		{},
	} {
		f.Add(seed.Certificate, seed.Key, revealed(seed.Password))
	}
	f.Fuzz(func(t *testing.T, certificate, key []byte, password string) {
		for _, csd := range []CSD{
			{certificate, key, cancel.NewSecret(password)},
			{good.Certificate, key, good.Password}, // so that the key is read, whatever the certificate
		} {
			s, err := csd.open(csdNow)
			if err != nil {
				assert.Nil(t, s)
				assert.True(t, strings.HasPrefix(err.Error(), "CSD."), err)
				continue
			}
			_, err = s.request(s.rfc, csdUUID, "02", "", csdNow)
			assert.NoError(t, err)
		}
	})
}

// oneByte finds a byte in each place of a request where none may be changed.
var oneByte = map[string]*regexp.Regexp{
	"namespace":        regexp.MustCompile(`xmlns="http://cancelacfd.sat.gob.m(x)"`),
	"RfcEmisor":        regexp.MustCompile(`RfcEmisor="[^"]+(.)"`),
	"Fecha":            regexp.MustCompile(`Fecha="20(.)`),
	"UUID":             regexp.MustCompile(`UUID="(.)`),
	"Motivo":           regexp.MustCompile(`Motivo="0(.)"`),
	"FolioSustitucion": regexp.MustCompile(`FolioSustitucion="(.)`),
	"DigestValue":      regexp.MustCompile(`<DigestValue>.{9}(.)`),
	"SignatureValue":   regexp.MustCompile(`<SignatureValue>.{99}(.)`),
	"X509Certificate":  regexp.MustCompile(`<X509Certificate>.{800}(.)`),
}

// What this test writes to $XMLSEC_DIR, if that is set, is for xmlsec/verify.sh: the
// requests in good have to verify, those in bad, a byte apart, must not. Our own
// verifier has to agree.
func TestRequestsForXMLSec(t *testing.T) {
	dir := os.Getenv("XMLSEC_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "good"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "bad"), 0o700))
	write := func(content []byte, path ...string) {
		require.NoError(t, os.WriteFile(filepath.Join(append([]string{dir}, path...)...), content, 0o600))
	}
	write(toPEM("CERTIFICATE", csdtest.Authority().Raw), "authority.pem")
	for i, rfc := range []string{csdRFC, "GODE561231GR8", "ÑAÑ010203AB9", "A&C010203AB9", "Ñ&XA991231Z0A"} {
		s := newSeal(t, rfc)
		for motive, replacedBy := range map[string]string{"01": csdNewUUID, "02": "", "03": "", "04": ""} {
			name := fmt.Sprintf("%d-%s", i, motive)
			signed, err := s.request(rfc, csdUUID, motive, replacedBy, csdNow)
			require.NoError(t, err)
			write(signed, "good", name+".xml")
			request, err := csdtest.Verify(signed)
			require.NoError(t, err)
			assert.Equal(t, csdtest.Request{
				RfcEmisor:   rfc,
				Fecha:       csdNow.In(mexicoCity),
				Folios:      []csdtest.Folio{{UUID: csdUUID, Motivo: motive, FolioSustitucion: replacedBy}},
				Certificate: s.certificate,
			}, request)

			for what, place := range oneByte {
				found := place.FindSubmatchIndex(signed)
				if replacedBy == "" && what == "FolioSustitucion" {
					require.Nil(t, found)
					continue
				}
				require.NotNil(t, found, what)
				changed := bytes.Clone(signed)
				if changed[found[2]] = '1'; signed[found[2]] == '1' {
					changed[found[2]] = '2'
				}
				write(changed, "bad", name+"-"+what+".xml")
				_, err = csdtest.Verify(changed)
				assert.Error(t, err, what)
			}
		}
	}
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
