package cli

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
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
		return errors.ErrUnsupported
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

// Word returns the name of a state, a verdict or a reason, such as not_found. Spanish says these
// without number and gender, and the key of the translation begins with a colon.
func (f *Flags) Word(name string) string {
	name = strings.ReplaceAll(name, "_", " ")
	if word := f.Text(": " + name); word != ": "+name {
		return strings.TrimPrefix(word, ": ")
	}
	return f.Text(name)
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
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var said []string
		for _, err := range joined.Unwrap() {
			said = append(said, f.Say(err))
		}
		return strings.Join(said, "; ")
	}
	if e, ok := errors.AsType[*cancel.Error](err); ok && e.Message != "" {
		return f.Text(e.Message)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Path + ": " + f.Text(e.Err.Error())
	}
	return err.Error()
}

// flagErrors are the errors of package flag, and what Parse says instead.
var flagErrors = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`^flag provided but not defined: (.*)`), "there is no flag %s"},
	{regexp.MustCompile(`^bad flag syntax: (.*)`), "there is no flag %s"},
	{regexp.MustCompile(`^flag needs an argument: (.*)`), "%s needs a value"},
	{regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?(-[^:]*)`), "%s is not a value of %s"},
}

// explain makes an error of package flag one that can be translated.
func explain(err error) error {
	for _, e := range flagErrors {
		if found := e.pattern.FindStringSubmatch(err.Error()); found != nil {
			args := []any{found[1], found[len(found)-1]}
			return Errorf(e.text, args[:len(found)-1]...)
		}
	}
	return err
}
