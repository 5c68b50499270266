// Package xmltoken reads XML as a sequence of tokens.
//
// A strict scan reads the documents that vendors send every day. encoding/xml reads all
// others: another charset, CDATA, comments, processing instructions, a DOCTYPE, entities of
// the document's own, carriage returns, names beyond ASCII, deep nesting. It also reads every
// document that the scan does not accept, so encoding/xml decides whether text is XML. Both
// give the same tokens for a document that the scan accepts, except that the scan gives no
// token for the XML declaration.
package xmltoken

// Kind is the kind of a Token.
type Kind int

// The kinds of tokens.
const (
	Other     Kind = iota // a comment or a processing instruction
	Directive             // such as a DOCTYPE
	Start                 // an element begins
	End                   // an element ends; an empty element has an End, too
	Text                  // characters, their entities replaced
)

// Token is a part of a document. Its slices may share the memory of the document.
type Token struct {
	Kind  Kind
	Name  []byte // of an element, without its prefix
	Attrs []Attr // valid until the next token is read
	Text  []byte
	// From and To are the token's offsets in the document, in bytes. The Start of an empty
	// element has all of its text; its End has no length.
	From, To int
}

// Join returns the characters of text followed by those of t. The result may share the memory
// of t.
func (t Token) Join(text []byte) []byte {
	if len(text) == 0 {
		return t.Text
	}
	return append(text, t.Text...)
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

// Read calls read with the tokens of text and returns its result. The text is UTF-8, even if
// it declares another charset. Read may call read twice, each time from the beginning of the
// document. read must not succeed before the Source returned io.EOF.
func Read[T any](text []byte, read func(Source) (T, error)) (T, error) {
	if got, ok := scan(text, read); ok {
		return got, nil
	}
	return read(decode(text))
}
