package webhook

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKeysTellPartsApart(t *testing.T) {
	keys := map[Key][]string{}
	for _, parts := range [][]string{
		{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"b", "a"}, {"a", "b", ""}, {"\x01b"}, {"a\x01b"},
	} {
		key := KeyOf(parts...)
		assert.NotContains(t, keys, key, "%q is like %q", parts, keys[key])
		assert.Equal(t, key, KeyOf(parts...))
		keys[key] = parts
	}
}
