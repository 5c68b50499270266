package adapter

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

var (
	utf16LE = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf16BE = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
)

// usual has the beginnings of most answers, which are in UTF-8.
var usual = [][]byte{
	[]byte(`<?xml version='1.0' encoding='UTF-8'?>`),
	[]byte(`<?xml version='1.0' encoding='utf-8'?>`),
	[]byte(`<?xml version="1.0" encoding="UTF-8"?>`),
	[]byte(`<?xml version="1.0" encoding="utf-8"?>`),
}

var boms = []struct {
	mark     string
	encoding encoding.Encoding
}{
	{"\xEF\xBB\xBF", nil},
	{"\xFF\xFE", utf16LE},
	{"\xFE\xFF", utf16BE},
}

var (
	declaration = regexp.MustCompile(`^<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']`)
	parameter   = regexp.MustCompile(`(?i)\bcharset\s*=\s*["']?([^\s;,"']+)`)
)

// UTF8 returns body as UTF-8, without byte-order mark. A byte-order mark decides on the
// charset of body, then the XML declaration, then contentType; the default is UTF-8. A body in
// UTF-16 that does not say so is recognized by its first character.
func UTF8(body []byte, contentType string) ([]byte, error) {
	text, from, err := detect(body, contentType)
	if err != nil || from == nil {
		return text, err
	}
	return from.NewDecoder().Bytes(text)
}

// UTF8Reader reads body as [UTF8] does, but converts only the part that is read.
func UTF8Reader(body []byte, contentType string) (io.Reader, error) {
	text, from, err := detect(body, contentType)
	if err != nil || from == nil {
		return bytes.NewReader(text), err
	}
	return from.NewDecoder().Reader(bytes.NewReader(text)), nil
}

// detect returns body without byte-order mark, and its charset, nil for UTF-8.
func detect(body []byte, contentType string) ([]byte, encoding.Encoding, error) {
	for _, bom := range boms {
		if rest, ok := bytes.CutPrefix(body, []byte(bom.mark)); ok {
			return rest, bom.encoding, nil
		}
	}
	if len(body) >= 2 {
		switch {
		case body[0] != 0 && body[1] == 0:
			return body, utf16LE, nil
		case body[0] == 0 && body[1] != 0:
			return body, utf16BE, nil
		}
	}
	if slices.ContainsFunc(usual, func(begin []byte) bool { return bytes.HasPrefix(body, begin) }) {
		return body, nil, nil
	}
	label, ok := declared(body, contentType)
	if !ok || strings.EqualFold(label, "utf-8") {
		return body, nil, nil
	}
	known, name := charset.Lookup(label)
	switch {
	case known == nil:
		return nil, nil, fmt.Errorf("unknown charset %q", label)
	case name == "utf-8":
		return body, nil, nil
	}
	return body, known, nil
}

// UTF8JSON returns body, which is JSON, as UTF-8 without byte-order mark. RFC 8259 requires
// UTF-8 and gives a charset in contentType no meaning, so only a body that is not valid UTF-8
// is read by it.
func UTF8JSON(body []byte, contentType string) ([]byte, error) {
	if utf8.Valid(body) {
		contentType = ""
	}
	return UTF8(body, contentType)
}

// declared returns the charset that body declares, or the one that contentType names.
// It skips UTF-16, because the first bytes have shown that body is not in UTF-16.
func declared(body []byte, contentType string) (label string, ok bool) {
	if found := declaration.FindSubmatch(body[:min(len(body), 256)]); len(found) > 1 && !isUTF16(string(found[1])) {
		return string(found[1]), true
	}
	if !strings.Contains(contentType, "=") {
		return "", false
	}
	if found := parameter.FindStringSubmatch(contentType); len(found) > 1 && !isUTF16(found[1]) {
		return found[1], true
	}
	return "", false
}

func isUTF16(label string) bool { return strings.HasPrefix(strings.ToLower(label), "utf-16") }
