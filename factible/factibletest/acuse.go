package factibletest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/unified-cancel/cancel/internal/mexico"
)

// rfcEmisor is the issuer if no call has named another. All three are invented.
const (
	rfcEmisor = "SIM200101AB1"
	keyName   = "00001088888800009999"
	sealKey   = "canceltest"
)

// acuse returns the SAT's acknowledgement for one invoice. Its layout is the layout of the
// acuses that the SAT and PACs publish: the root has no namespace, and the local time has
// seven decimals and no zone. The seal proves nothing, because only the SAT can check one.
func acuse(uuid, estatus, issuer string, at time.Time) []byte {
	fecha := at.In(mexico.Zone).Format("2006-01-02T15:04:05.0000000")
	uuid = strings.ToUpper(uuid)
	digest := sha512.Sum512([]byte(fecha + issuer + uuid + estatus))
	seal := hmac.New(sha512.New, []byte(sealKey))
	seal.Write(digest[:])
	encode := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, acuseLayout, fecha, escapeXML(issuer), uuid, estatus,
		encode(digest[:]), encode(seal.Sum(nil)), keyName, modulus)
}

var modulus = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(sealKey), 13)[:128])

const acuseLayout = `<?xml version="1.0" encoding="utf-8"?>` +
	`<Acuse xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" Fecha="%s" RfcEmisor="%s">` +
	`<Folios xmlns="http://cancelacfd.sat.gob.mx"><UUID>%s</UUID><EstatusUUID>%s</EstatusUUID></Folios>` +
	`<Signature Id="SelloSAT" xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>` +
	`<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315" />` +
	`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha512" />` +
	`<Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">` +
	`<XPath>not(ancestor-or-self::*[local-name()='Signature'])</XPath></Transform></Transforms>` +
	`<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512" /><DigestValue>%s</DigestValue></Reference></SignedInfo>` +
	`<SignatureValue>%s</SignatureValue><KeyInfo><KeyName>%s</KeyName>` +
	`<KeyValue><RSAKeyValue><Modulus>%s</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue></KeyInfo></Signature></Acuse>`
