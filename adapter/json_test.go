package adapter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for text, keys := range map[string][]string{
		`{}`:                         {},
		" \r\n\t{ } \n":              {},
		`{"CODE":"0000","Desc":"x"}`: {"code", "desc"},
		`{"a":{"a":1,"A":2},"b":[1,{"c":{}}],"c":null,"":0}`: {"a", "b", "c", ""},
		`{"\u0043ODE":"x"}`: {"code"},
		`{"DE\u017FC":"x"}`: {"desc"},
	} {
		object, err := ParseObject([]byte(text))
		require.NoError(t, err, text)
		assert.Len(t, object, len(keys), text)
		for _, key := range keys {
			assert.Contains(t, object, key, text)
		}
	}
}

func TestReadIgnoresALabelThatMeansNothing(t *testing.T) {
	for _, label := range []string{"none", "binary", "utf8mb4", "", "\"", "a; charset=b"} {
		object, err := ReadObject([]byte(`{"CODE":"0000","DESC":"anulación"}`), "application/json; charset="+label)
		require.NoError(t, err, label)
		words, ok := object.Text("desc")
		assert.True(t, ok)
		assert.Equal(t, "anulación", words, label)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "null", "1", `"a"`, "[]", `[{"a":1}]`, "true",
		`{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{'a':1}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":01}`, `{"a":NaN}`,
		`{} {}`, `{}{}`, `{},`, `{"a":1} x`, "{}\x00", "\ufeff{}",
		`{"s":1,"ſ":1}`, `{"k":1,"K":1}`, `{"Ǆ":1,"ǅ":1}`,
		`{"a":1,"a":1}`, `{"a":1,"A":1}`, `{"CODE":"0000","x":1,"code":"0017"}`, `{"a":1,"\u0061":1}`,
		"<html></html>", `{"a":"` + "\n" + `"}`,
		strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
	} {
		_, err := ParseObject([]byte(text))
		assert.Error(t, err, "%.40s", text)
	}
}

func TestTextAndCount(t *testing.T) {
	object, err := ParseObject([]byte(`{"text":"a\u00f1","empty":"","null":null,"one":1,"big":1e30,"point":1.0,"minus":-1,"true":true,"list":["a"]}`))
	require.NoError(t, err)

	for key, want := range map[string]string{"text": "añ", "empty": ""} {
		got, ok := object.Text(key)
		assert.True(t, ok, key)
		assert.Equal(t, want, got)
	}
	for _, key := range []string{"absent", "null", "one", "true", "list"} {
		got, ok := object.Text(key)
		assert.False(t, ok, key)
		assert.Empty(t, got)
	}
	for key, want := range map[string]int{"one": 1, "minus": -1} {
		got, ok := object.Count(key)
		assert.True(t, ok, key)
		assert.Equal(t, want, got)
	}
	for _, key := range []string{"absent", "null", "text", "big", "point", "true", "list"} {
		_, ok := object.Count(key)
		assert.False(t, ok, key)
	}
	_, ok := Object(nil).Text("a")
	assert.False(t, ok)
}

// byDecoder is ParseObject by encoding/json only.
func byDecoder(text []byte) (Object, error) {
	if !json.Valid(text) {
		return nil, errors.New("not one JSON value")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	object := Object{}
	var names []string
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(name, other) }) {
			return nil, fmt.Errorf("key %q stands twice", name)
		}
		names = append(names, name)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		object[fold(name)] = value
	}
	return object, nil
}

// FuzzParse compares Parse with encoding/json.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{}`, " { } ", `{"CODE":"0000","DESC":"OK"}`, `{"a":{"b":[1,"}",{"c":"\\\""}]},"d":-1.5e3 , "e" : null}`,
		`{"a":"\u00e1\ud800","\u0061":1}`, "{\"\xff\":1,\"\xfe\":2}", "[{}]", `{"K":1,"\u212a":2}`, `{"a":[],"A":{}}`,
		"{\r\n\t\"a\"\r:\n[ ]\t}", `{"a":"x","a\\":"y","":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want, wrong := byDecoder(text)
		got, err := ParseObject(text)
		if wrong != nil {
			require.EqualError(t, err, wrong.Error())
			return
		}
		require.NoError(t, err)
		require.Equal(t, want, got)
		for key, value := range want {
			var s *string
			text, ok := got.Text(key)
			if json.Unmarshal(value, &s) != nil || s == nil {
				require.False(t, ok)
				require.Empty(t, text)
				continue
			}
			require.True(t, ok)
			require.Equal(t, *s, text)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadObject([]byte(`{"CODE":"0000","DESC":"OK","DATA":{"a":1,"b":"c"}}`), "application/json"); err != nil {
			b.Fatal(err)
		}
	}
}
