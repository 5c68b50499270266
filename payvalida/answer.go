package payvalida

import (
	"errors"

	"github.com/unified-cancel/cancel/adapter"
)

// read returns CODE and DESC. Its error says why the body is not an answer.
func read(answer adapter.Answer) (adapter.Words, error) {
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	if err != nil {
		return adapter.Words{}, err
	}
	var said adapter.Words
	said.Message, _ = object.Text("desc")
	said.Code, _ = object.Text("code")
	if said.Code == "" {
		return said, errors.New("the answer has no CODE")
	}
	return said, nil
}
