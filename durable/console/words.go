package console

import (
	_ "embed"
	"encoding/json"
)

// languages are the languages of the pages, in the order of words.
var languages = [...]string{"en", "es"}

//go:embed words.json
var wordsFile []byte

// words has every text of the pages in each language, by a key. The last part of some keys
// is a value: a durable.State, a cancel.State, a cancel.Kind, the text of a reason, or the
// name of an action.
var words = func() (texts map[string][len(languages)]string) {
	if err := json.Unmarshal(wordsFile, &texts); err != nil {
		panic(err) // the file is part of the program
	}
	return texts
}()
