package boleto

import (
	"errors"

	"github.com/unified-cancel/cancel/adapter"
)

// read returns the error code of an answer and its message. Its error says why the body is
// not an answer.
func read(answer adapter.Answer) (adapter.Words, error) {
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	if err != nil {
		return adapter.Words{}, err
	}
	var said adapter.Words
	said.Message, _ = object.Text("message")
	said.Code, _ = object.Text("error")
	if said.Code == "" {
		return said, errors.New("the answer has no error code")
	}
	return said, nil
}
