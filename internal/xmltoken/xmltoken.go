// Package xmltoken reads XML as a sequence of tokens.
//
// A strict scan reads what vendors send every day. Whatever it does not know for
// certain (another charset, CDATA, comments, processing instructions, a DOCTYPE,
// entities of a document's own, carriage returns, names beyond ASCII, deep nesting) is
// left to encoding/xml, and so is every document that is refused: it is encoding/xml that says
// what is no XML. The two give the same tokens for all that the scan accepts, but that
// the scan has none for the XML declaration.
package xmltoken

// Kind is what a Token is.
type Kind int

// The kinds of tokens.
const (
	Other     Kind = iota // a comment or a processing instruction
	Directive             // such as a DOCTYPE
	Start                 // an element begins
	End                   // an element ends, the empty element included
	Text                  // characters, their entities replaced
)

// Token is a part of a document. What it refers to may change when the next is read.
type Token struct {
	Kind  Kind
	Name  []byte // of an element, without its prefix
	Attrs []Attr
	Text  []byte
	// From and To are where the token stands in the document. An empty element begins
	// with all of its text and ends with none.
	From, To int
}

// Attr is an attribute.
type Attr struct {
	Name  []byte // without its prefix
	Value []byte
}

// Source gives the tokens of a document, then io.EOF.
type Source interface {
	Next() (Token, error)
}

// Read returns what read makes of text, which is in UTF-8 whatever it declares. It may
// call read twice, each time with a Source that begins at the document's beginning. read
// must not succeed before it has met io.EOF.
func Read[T any](text []byte, read func(Source) (T, error)) (T, error) {
	if got, ok := scan(text, read); ok {
		return got, nil
	}
	return read(decode(text))
}
