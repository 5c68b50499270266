package cli

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/unified-cancel/cancel"
)

// texts are the English texts of all programs and their Spanish.
//
//go:embed es.json
var texts []byte

var spanish = sync.OnceValue(func() (all map[string]string) {
	if err := json.Unmarshal(texts, &all); err != nil {
		panic(err) // a test reads them
	}
	return all
})

// speak sets the language: es, es_MX.UTF-8, en, C and so on. Any other language is an error.
func (f *Flags) speak(lang string) error {
	f.Language = "en"
	switch {
	case strings.HasPrefix(lang, "es"):
		f.Language = "es"
	case !strings.HasPrefix(lang, "en"):
		return errors.New("it is en or es")
	}
	return nil
}

// Text returns a text in the language of the program, in English if it has no translation. With
// args the text is a format, and numbers have separators.
func (f *Flags) Text(text string, args ...any) string {
	printer := message.NewPrinter(language.English)
	if f.Language == "es" {
		printer = message.NewPrinter(language.LatinAmericanSpanish)
		text = cmp.Or(spanish()[text], text)
	}
	if len(args) == 0 {
		return text
	}
	return printer.Sprintf(text, args...)
}

// Errorf returns an error whose text [Flags.Say] translates. Its args may be such errors.
func Errorf(text string, args ...any) error { return problem{text, args} }

type problem struct {
	text string
	args []any
}

func (p problem) Error() string { return new(Flags).Say(p) }

// Say returns the text of an error in the language of the program. A *cancel.Error says only its
// Message: the operation is the package's own.
func (f *Flags) Say(err error) string {
	if p, ok := err.(problem); ok {
		args := slices.Clone(p.args)
		for i, arg := range args {
			if err, ok := arg.(error); ok {
				args[i] = f.Say(err)
			}
		}
		return f.Text(p.text, args...)
	}
	if e, ok := errors.AsType[*cancel.Error](err); ok && e.Message != "" {
		return f.Text(e.Message)
	}
	return err.Error()
}
