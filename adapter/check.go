package adapter

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel"
)

// CheckRequest reports why every adapter that takes kinds refuses req. The kind must be one of
// kinds, and only an Invoice may have a Motive or a ReplacedBy.
func CheckRequest(req cancel.Request, kinds ...cancel.Kind) error {
	if !slices.Contains(kinds, req.Kind) {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = string(k)
		}
		return fmt.Errorf("Kind %q is not taken here: it must be %s", req.Kind, strings.Join(names, " or "))
	}
	if req.Kind != cancel.Invoice && (req.Motive != "" || req.ReplacedBy != "") {
		return fmt.Errorf("Motive and ReplacedBy belong to Kind %q, not to %q", cancel.Invoice, req.Kind)
	}
	return nil
}

// Require reports why value is not valid for the required field name of a Config: it is missing,
// or has an error of check, which begins with a verb.
func Require(name, value string, check func(string) error) error {
	if value == "" {
		return errors.New(name + " is missing")
	}
	if err := check(value); err != nil {
		return fmt.Errorf("%s %w", name, err)
	}
	return nil
}

// CheckText reports why s cannot be sent as text. A character that XML cannot carry is an
// error, in JSON too.
func CheckText(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("is not UTF-8")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !inXML(r) }) {
		return errors.New("holds a character that XML cannot carry")
	}
	return nil
}

// inXML is the production Char of XML 1.0.
func inXML(r rune) bool {
	return r >= 0x20 && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\n' || r == '\r'
}

// CheckLine reports why s cannot be sent as text without control characters.
func CheckLine(s string) error {
	if err := CheckText(s); err != nil {
		return err
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return errors.New("holds a control character")
	}
	return nil
}

// CheckHeaderValue reports why s cannot be sent, unchanged, as the value of a header.
func CheckHeaderValue(s string) error {
	if !httpguts.ValidHeaderFieldValue(s) {
		return errors.New("cannot travel in an HTTP header")
	}
	if strings.Trim(s, " \t") != s {
		return errors.New("begins or ends with a blank, which an HTTP header cannot carry")
	}
	return nil
}

var uuid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// IsUUID reports whether s is written as a UUID: 8-4-4-4-12 hexadecimal digits.
func IsUUID(s string) bool { return uuid.MatchString(s) }

// IsEmail reports whether s is an e-mail address that can be sent, and nothing else, such as a
// name.
func IsEmail(s string) bool {
	address, err := mail.ParseAddress(s)
	return err == nil && address.Address == s && CheckLine(s) == nil
}
