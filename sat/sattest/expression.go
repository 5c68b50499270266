package sattest

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// printed is an expression as the SAT reads it.
type printed struct {
	uuid, issuer, receiver, total, seal string
	amount                              *big.Rat
	raw                                 bool // an RFC holds an ampersand that is not an entity
}

var (
	folio  = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	person = regexp.MustCompile(`^[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{2}[0-9A]$`)
	// A total is written without zeros that mean nothing, or in 17 characters.
	total = regexp.MustCompile(`^((0|[1-9][0-9]{0,17})\.([0-9]{0,5}[1-9]|0)|[0-9]{10}\.[0-9]{6})$`)
	seal  = regexp.MustCompile(`^[A-Za-z0-9+/]{6}([A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)$`)
)

const verifier = "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx"

// read reads an expression. Its error says why the SAT would answer N - 601.
func read(expression string) (printed, error) {
	address, query, ok := strings.Cut(expression, "?")
	if !ok || address != "" && address != verifier {
		return printed{}, errors.New("it does not begin with a question mark or with the verifier's address")
	}
	const entity = "\x00" // stands for &amp;
	query = strings.ReplaceAll(strings.TrimPrefix(query, "&"), "&amp;", entity)
	fields, last := map[string]string{}, ""
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if !strings.Contains(" id re rr tt fe ", " "+name+" ") {
			fields[last] += "&" + part // the ampersand is part of an RFC
			continue
		}
		if _, twice := fields[name]; twice {
			return printed{}, fmt.Errorf("it has two %s", name)
		}
		fields[name], last = value, name
	}
	p := printed{uuid: fields["id"], total: fields["tt"], seal: fields["fe"]}
	p.raw = strings.Contains(fields["re"]+fields["rr"], "&")
	p.issuer = strings.ReplaceAll(fields["re"], entity, "&")
	p.receiver = strings.ReplaceAll(fields["rr"], entity, "&")
	switch {
	case !folio.MatchString(p.uuid):
		return printed{}, errors.New("id is not a folio fiscal")
	case !person.MatchString(p.issuer), !person.MatchString(p.receiver):
		return printed{}, errors.New("re or rr is not an RFC")
	case !total.MatchString(p.total):
		return printed{}, errors.New("tt is not a total")
	case p.seal != "" && !seal.MatchString(p.seal):
		return printed{}, errors.New("fe is not the end of a seal")
	case fields[""] != "":
		return printed{}, errors.New("it has text before its first parameter")
	}
	p.amount, _ = new(big.Rat).SetString(p.total)
	return p, nil
}

// describes reports whether p is the expression of the invoice that was registered as other.
func (p printed) describes(other printed) bool {
	return strings.EqualFold(p.uuid, other.uuid) && p.issuer == other.issuer && p.receiver == other.receiver &&
		p.amount.Cmp(other.amount) == 0 && p.seal == other.seal
}
