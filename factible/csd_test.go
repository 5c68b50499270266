package factible

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
	"github.com/unified-cancel/cancel/internal/mexico"
)

const (
	csdRFC      = "ABC010203AB9"
	csdUUID     = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	csdNewUUID  = "0b1c2d3e-4f50-4617-8a9b-0c1d2e3f4a5b"
	csdPassword = " s3cr3t hunter2 ñ "
)

var csdNow = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

func newCSD(rfc string, options ...csdtest.Option) *CSD {
	csd := CSD(csdtest.New(rfc, options...))
	return &csd
}

func newSigner(t *testing.T, rfc string, options ...csdtest.Option) *signer {
	t.Helper()
	csd := newCSD(rfc, options...)
	s, err := csd.open(revealed(csd.Password), csdNow)
	require.NoError(t, err)
	return s
}

// assertNothingOf fails if shown holds the key or the password of csd in any form.
func assertNothingOf(t *testing.T, csd *CSD, shown, how string) {
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
	csd := *newCSD(csdRFC, csdtest.Password(csdPassword))
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
				assertNothingOf(t, &csd, fmt.Sprintf(format, value), what+" "+format)
			}
		}
		assert.Contains(t, fmt.Sprintf("%+v", value), "REDACTED", what)

		asJSON, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Contains(t, string(asJSON), `"REDACTED"`, what)
		assertNothingOf(t, &csd, string(asJSON), what+" in JSON")

		for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("m", "it", value)
			assert.Contains(t, out.String(), "REDACTED", what)
			assertNothingOf(t, &csd, out.String(), what+" in slog as "+name)
		}
	}
	asXML, err := xml.Marshal(config{"a", csd})
	require.NoError(t, err)
	assert.Equal(t, "<config><Name>a</Name><CSD>REDACTED</CSD></config>", string(asXML))
}

func TestCSDOpens(t *testing.T) {
	encrypted := func(hmac crypto.Hash, cipher csdtest.Cipher) []csdtest.Option {
		return []csdtest.Option{csdtest.Encrypted(csdtest.Encryption{HMAC: hmac, Rounds: 2048, Cipher: cipher})}
	}
	for name, options := range map[string][]csdtest.Option{
		"as the SAT does":      {},
		"password with blanks": {csdtest.Password(csdPassword)},
		"3DES, SHA-224":        encrypted(crypto.SHA224, csdtest.TripleDES),
		"3DES, SHA-256":        encrypted(crypto.SHA256, csdtest.TripleDES),
		"3DES, SHA-384":        encrypted(crypto.SHA384, csdtest.TripleDES),
		"3DES, SHA-512":        encrypted(crypto.SHA512, csdtest.TripleDES),
		"AES-128, SHA-1":       encrypted(crypto.SHA1, csdtest.AES128),
		"AES-192, SHA-256":     encrypted(crypto.SHA256, csdtest.AES192),
		"AES-256, SHA-512":     encrypted(crypto.SHA512, csdtest.AES256),
		"with representative":  {csdtest.UniqueIdentifier(csdRFC + " / GODE561231GR8")},
		"without blanks":       {csdtest.UniqueIdentifier(csdRFC + "/GODE561231GR8")},
		"without any":          {csdtest.UniqueIdentifier(csdRFC + " / ")},
		"self-signed":          {csdtest.SelfSigned()},
		"valid from now":       {csdtest.Valid(csdNow, csdNow.Add(time.Hour))},
		"valid until now":      {csdtest.Valid(csdNow.Add(-time.Hour), csdNow)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSigner(t, csdRFC, options...)
			assert.Equal(t, csdRFC, rfcOf(s.certificate))
			signed, err := s.request(csdRFC, csdUUID, "02", "", csdNow)
			require.NoError(t, err)
			_, err = csdtest.Verify(signed)
			assert.NoError(t, err)
		})
	}
	for _, rfc := range []string{"GODE561231GR8", "ÑAÑ010203AB9", "A&C010203AB9", "Ñ&XA991231Z0A"} {
		assert.Equal(t, rfc, rfcOf(newSigner(t, rfc).certificate))
	}
}

// OpenSSL encrypts the keys here. Neither our own reader nor our own writer takes part.
func TestCSDOpensWhatOpenSSLEncrypts(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil && os.Getenv("CI") == "" {
		t.Skip("SKIPPED: openssl is missing, so no key of another program was opened")
	}
	certificate := newCSD(csdRFC).Certificate
	plain := newCSD(csdRFC, csdtest.Password("")).Key
	for _, options := range []string{
		"-v2 des3 -v2prf hmacWithSHA1", "-v2 des3 -v2prf hmacWithSHA224", "-v2 des3 -v2prf hmacWithSHA256",
		"-v2 des3 -v2prf hmacWithSHA384", "-v2 des3 -v2prf hmacWithSHA512",
		"-v2 aes-128-cbc -v2prf hmacWithSHA224", "-v2 aes-192-cbc -v2prf hmacWithSHA384", "-v2 aes-256-cbc -v2prf hmacWithSHA512",
	} {
		encrypt := exec.Command("openssl", append(strings.Fields("pkcs8 -topk8 -inform DER -outform DER "+options), "-passout", "pass:"+csdPassword)...)
		encrypt.Stdin = bytes.NewReader(plain)
		key, err := encrypt.Output()
		require.NoError(t, err, options)
		_, err = (&CSD{Certificate: certificate, Key: key}).open(csdPassword, csdNow)
		assert.NoError(t, err, options)
	}
}

func TestCSDRefuses(t *testing.T) {
	good := newCSD(csdRFC, csdtest.Password(csdPassword))
	with := func(change func(*CSD)) *CSD {
		csd := *good
		change(&csd)
		return &csd
	}
	certificate := func(options ...csdtest.Option) *CSD {
		return newCSD(csdRFC, append(options, csdtest.Password(csdPassword))...)
	}
	key := func(der []byte) *CSD { return with(func(c *CSD) { c.Key = der }) }
	changed := func(change func(*encryptedKey)) *CSD {
		var k encryptedKey
		_, err := asn1.Unmarshal(good.Key, &k)
		require.NoError(t, err)
		change(&k)
		der, err := asn1.Marshal(k)
		require.NoError(t, err)
		return key(der)
	}
	const (
		notDER    = "CSD.Certificate is not an X.509 certificate in DER: x509: "
		noRFC     = "CSD.Certificate has no RFC in the x500UniqueIdentifier of its subject"
		eFirma    = "CSD.Certificate is an e.firma (FIEL): the SAT takes only a certificado de sello digital"
		encrypted = "CSD.Key is not encrypted as the SAT does: PKCS #8 in DER, PBES2 with PBKDF2 (HMAC-SHA-1, 224, 256, 384 or 512), and 3DES or AES in CBC mode"
		password  = "CSD.Password does not open CSD.Key"
	)
	for name, tt := range map[string]struct {
		csd  *CSD
		want string
	}{
		"nothing":               {&CSD{}, "CSD.Certificate is missing"},
		"no certificate":        {with(func(c *CSD) { c.Certificate = nil }), "CSD.Certificate is missing"},
		"PEM certificate":       {with(func(c *CSD) { c.Certificate = toPEM("CERTIFICATE", c.Certificate) }), "CSD.Certificate is PEM: it must be DER, as in the .cer file"},
		"base64 certificate":    {with(func(c *CSD) { c.Certificate = []byte(base64.StdEncoding.EncodeToString(c.Certificate)) }), notDER},
		"certificate cut short": {with(func(c *CSD) { c.Certificate = c.Certificate[:len(c.Certificate)-1] }), notDER},
		"two certificates":      {with(func(c *CSD) { c.Certificate = bytes.Repeat(c.Certificate, 2) }), notDER},
		"key for a certificate": {with(func(c *CSD) { c.Certificate = c.Key }), notDER},
		"e.firma":               {certificate(csdtest.EFirma()), eFirma},
		"elliptic pair":         {certificate(csdtest.Elliptic()), "CSD.Certificate is not for an RSA key"},
		"no unique identifier":  {certificate(csdtest.UniqueIdentifier("")), noRFC},
		"no RFC in it":          {certificate(csdtest.UniqueIdentifier("2.5.4.45")), noRFC},
		"representative alone":  {certificate(csdtest.UniqueIdentifier(" / " + csdRFC)), noRFC},
		"RFC in lower case":     {certificate(csdtest.UniqueIdentifier(strings.ToLower(csdRFC))), noRFC},
		"not valid yet":         {certificate(csdtest.Valid(csdNow.Add(time.Second), csdNow.Add(time.Hour))), "CSD.Certificate is not valid yet: it will be from 2026-03-03T23:06:08-06:00"},
		"expired":               {certificate(csdtest.Valid(csdNow.Add(-time.Hour), csdNow.Add(-time.Second))), "CSD.Certificate expired: it was valid until 2026-03-03T23:06:06-06:00"},
		"no key":                {key(nil), "CSD.Key is missing"},
		"PEM key":               {key(toPEM("ENCRYPTED PRIVATE KEY", good.Key)), "CSD.Key is PEM: it must be DER, as in the .key file"},
		"key cut short":         {key(good.Key[:len(good.Key)-1]), encrypted},
		"certificate for a key": {key(good.Certificate), encrypted},
		"key as text":           {key([]byte("not a key")), encrypted},
		"key not encrypted":     {key(newCSD(csdRFC, csdtest.Password("")).Key), encrypted},
		"PKCS #1":               {key(x509.MarshalPKCS1PrivateKey(newSigner(t, csdRFC).key)), encrypted},
		"PBES1":                 {changed(func(k *encryptedKey) { k.Algorithm.ID[6] = 10 }), encrypted},
		"scrypt": {changed(func(k *encryptedKey) {
			k.Algorithm.Parameters.Derivation.ID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
		}), encrypted},
		"endless rounds":          {changed(func(k *encryptedKey) { k.Algorithm.Parameters.Derivation.Parameters.Rounds = math.MaxInt32 }), encrypted},
		"no rounds":               {changed(func(k *encryptedKey) { k.Algorithm.Parameters.Derivation.Parameters.Rounds = 0 }), encrypted},
		"negative rounds":         {changed(func(k *encryptedKey) { k.Algorithm.Parameters.Derivation.Parameters.Rounds = -1 }), encrypted},
		"another key length":      {changed(func(k *encryptedKey) { k.Algorithm.Parameters.Derivation.Parameters.KeyLength = 16 }), encrypted},
		"HMAC-MD5":                {changed(func(k *encryptedKey) { k.Algorithm.Parameters.Derivation.Parameters.HMAC.ID[5] = 6 }), encrypted},
		"unknown cipher":          {changed(func(k *encryptedKey) { k.Algorithm.Parameters.Cipher.ID[5] = 2 }), encrypted},
		"IV too short":            {changed(func(k *encryptedKey) { k.Algorithm.Parameters.Cipher.IV = make([]byte, 7) }), encrypted},
		"data of no whole blocks": {changed(func(k *encryptedKey) { k.Data = k.Data[1:] }), encrypted},
		"no data":                 {changed(func(k *encryptedKey) { k.Data = nil }), password},
		"no password":             {with(func(c *CSD) { c.Password = cancel.Secret{} }), "CSD.Password is missing"},
		"wrong password":          {with(func(c *CSD) { c.Password = cancel.NewSecret("wrong hunter2") }), password},
		"password trimmed":        {with(func(c *CSD) { c.Password = cancel.NewSecret(strings.TrimSpace(csdPassword)) }), password},
		"elliptic key":            {key(certificate(csdtest.Elliptic()).Key), "CSD.Key is not an RSA key"},
		"foreign key":             {certificate(csdtest.ForeignKey()), "CSD.Key is not the key of CSD.Certificate"},
		"another taxpayer's key":  {key(newCSD("XYZ010203AB9", csdtest.Password(csdPassword)).Key), "CSD.Key is not the key of CSD.Certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := tt.csd.open(revealed(tt.csd.Password), csdNow)
			require.ErrorContains(t, err, tt.want)
			assert.Nil(t, s)
			assertNothingOf(t, good, fmt.Sprintf("%v %+v %#v", err, err, err), name)
		})
	}
}

func toPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// The canonical forms are written out here. The code that signs takes no part in the check.
func TestRequestToTheLetter(t *testing.T) {
	const (
		namespaces = ` xmlns="http://cancelacfd.sat.gob.mx" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
		inherited  = ` xmlns="http://www.w3.org/2000/09/xmldsig#" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
		issuer     = `1.2.840.113549.1.9.2=#130f726573706f6e64653a206e61646965,2.5.4.45=#130c414141303130313031414141,C=MX,2.5.4.17=#13053030303030,STREET=Av. Inventada 77\, Col. Ninguna,1.2.840.113549.1.9.1=#16116e61646965406578616d706c652e636f6d,OU=Administración de pruebas,O=Ninguna autoridad,CN=AC de prueba`
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
			s := newSigner(t, tt.rfc)
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
			assert.NoError(t, rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA1, sum[:], raw))
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
	s := newSigner(t, csdRFC)
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

func TestRequestIsOnlyForTheIssuerOfTheCSD(t *testing.T) {
	s := newSigner(t, csdRFC)
	for _, issuer := range []string{"XYZ010203AB9", "", "abc010203ab9", "ABC010203AB90"} {
		signed, err := s.request(issuer, csdUUID, "02", "", csdNow)
		require.EqualError(t, err, fmt.Sprintf("CSD.Certificate is of ABC010203AB9, while Issuer is %q", issuer))
		assert.Nil(t, signed)
	}
}

// A machine's zone data may be older than release 2022f, in which Mexico gave up daylight
// saving time. Package time reads $ZONEINFO once, so the tests run in a process of their own.
func TestFechaDoesNotDependOnTheMachinesZoneData(t *testing.T) {
	if os.Getenv("CANCEL_TEST_OLD_ZONES") != "" {
		zone, err := time.LoadLocation("America/Mexico_City")
		require.NoError(t, err)
		_, offset := csdNow.AddDate(0, 4, 0).In(zone).Zone()
		require.Equal(t, -5*60*60, offset, "the machine's data is old")
		return
	}
	old := t.TempDir()
	data, err := os.ReadFile("../internal/mexico/America_Mexico_City")
	require.NoError(t, err)
	rule, found := bytes.CutSuffix(data, []byte("\nCST6\n"))
	require.True(t, found)
	require.NoError(t, os.Mkdir(filepath.Join(old, "America"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(old, "America", "Mexico_City"), append(rule, "\nCST6CDT,M4.1.0,M10.5.0\n"...), 0o600))
	again := exec.Command(os.Args[0], "-test.v", "-test.run", "^("+t.Name()+"|TestRequestIsDatedInMexicoCity|TestParseReceiptFecha)$")
	again.Env = append(os.Environ(), "ZONEINFO="+old, "CANCEL_TEST_OLD_ZONES=1")
	said, err := again.CombinedOutput()
	require.NoError(t, err, "%s", said)
	assert.Equal(t, 3, strings.Count(string(said), "--- PASS"), "%s", said)
}

// crypto/rsa refuses to sign with a key of less than 1024 bits.
func TestRequestNeedsAKeyThatCanSign(t *testing.T) {
	s := newSigner(t, csdRFC)
	key := *s.key
	key.N, key.Precomputed = nil, rsa.PrecomputedValues{}
	s.key = &key
	signed, err := s.request(csdRFC, csdUUID, "02", "", csdNow)
	require.ErrorContains(t, err, "CSD.Key cannot sign: ")
	assert.Nil(t, signed)
}

func TestSignerIsSafeForManyGoroutines(t *testing.T) {
	s := newSigner(t, csdRFC)
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
	quick := csdtest.Encrypted(csdtest.Encryption{HMAC: crypto.SHA1, Rounds: 1, Cipher: csdtest.TripleDES})
	aes := csdtest.Encrypted(csdtest.Encryption{HMAC: crypto.SHA512, Rounds: 1, Cipher: csdtest.AES256})
	good := newCSD(csdRFC, quick)
	for _, seed := range []*CSD{
		good,
		newCSD(csdRFC, aes),
		newCSD(csdRFC, quick, csdtest.Elliptic()),
		newCSD(csdRFC, quick, csdtest.SelfSigned()),
		newCSD(csdRFC, csdtest.Password("")),
		{},
	} {
		f.Add(seed.Certificate, seed.Key, revealed(seed.Password))
	}
	f.Fuzz(func(t *testing.T, certificate, key []byte, password string) {
		for _, csd := range []*CSD{
			{certificate, key, cancel.NewSecret(password)},
			{good.Certificate, key, good.Password}, // so that the key is read with any certificate
		} {
			s, err := csd.open(revealed(csd.Password), csdNow)
			if err != nil {
				assert.Nil(t, s)
				assert.True(t, strings.HasPrefix(err.Error(), "CSD."), err)
				continue
			}
			_, err = s.request(rfcOf(s.certificate), csdUUID, "02", "", csdNow)
			assert.NoError(t, err)
		}
	})
}

// oneByte finds a byte in each place of a request that nobody may change.
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

// This test writes requests to $XMLSEC_DIR, if it is set, for xmlsec/verify.sh: the requests
// in good must verify; the requests in bad have one byte changed and must not. Our own
// verifier must agree.
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
		s := newSigner(t, rfc)
		for motive, replacedBy := range map[string]string{"01": csdNewUUID, "02": "", "03": "", "04": ""} {
			name := fmt.Sprintf("%d-%s", i, motive)
			signed, err := s.request(rfc, csdUUID, motive, replacedBy, csdNow)
			require.NoError(t, err)
			write(signed, "good", name+".xml")
			request, err := csdtest.Verify(signed)
			require.NoError(t, err)
			assert.Equal(t, csdtest.Request{
				RfcEmisor:   rfc,
				Fecha:       csdNow.In(mexico.Zone),
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
