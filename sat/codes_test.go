package sat

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestCodesAreThoseOfTheContract(t *testing.T) {
	got := map[string]any{}
	for _, c := range Codes() {
		require.NotContains(t, got, c.Code)
		assert.Equal(t, []string{"Consulta"}, c.Operations)
		assert.NotEmpty(t, c.Spanish)
		assert.NotEmpty(t, c.English)
		got[c.Code] = c.Reason
		if c.Reason == nil {
			got[c.Code] = c.State
		}
	}
	assert.Equal(t, map[string]any{
		"S + Cancelado":                     cancel.Cancelled,
		"S + Vigente + En proceso":          cancel.Pending,
		"S + Vigente + Solicitud rechazada": cancel.ErrRejected,
		"S + Vigente":                       cancel.NotCancelled,
		"N - 602 + No Encontrado":           cancel.ErrNotFound,
		"No Encontrado":                     cancel.ErrNotFound,
		"N - 601":                           cancel.ErrUnexpected,
	}, got)
}

func TestCodesIsACopy(t *testing.T) {
	codes := Codes()
	codes[0].State, codes[0].Operations[0] = cancel.NotCancelled, "x"
	assert.Equal(t, cancel.Cancelled, Codes()[0].State)
	assert.Equal(t, []string{"Consulta"}, Codes()[0].Operations)
}

func TestWordsAreComparedWithoutCaseAccentsAndAFinalDot(t *testing.T) {
	for _, word := range []string{
		"Cancelable sin aceptación", "cancelable sin aceptacion", "CANCELABLE SIN ACEPTACIÓN.", " Cancelable sin aceptación. ",
		"Cancelable sin aceptacio\u0301n", "cancelable sin aceptación .",
	} {
		assert.Equal(t, fold("Cancelable sin aceptación"), fold(word), word)
	}
	for _, word := range []string{"", ".", "Cancelable con aceptación", "Cancelable sin aceptación..", "no Cancelable sin aceptación", "Cancelablesin aceptación"} {
		assert.NotEqual(t, fold("Cancelable sin aceptación"), fold(word), word)
	}
}
