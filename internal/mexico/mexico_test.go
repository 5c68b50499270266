package mexico

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestZoneKnowsTheLawOf2022(t *testing.T) {
	assert.Equal(t, "America/Mexico_City", Zone.String())
	for at, want := range map[time.Time]string{
		time.Date(2026, time.July, 1, 12, 0, 0, 0, Zone):      "-0600",
		time.Date(2026, time.January, 1, 12, 0, 0, 0, Zone):   "-0600",
		time.Date(2050, time.July, 1, 12, 0, 0, 0, Zone):      "-0600",
		time.Date(2023, time.May, 1, 12, 0, 0, 0, Zone):       "-0600",
		time.Date(2022, time.October, 29, 12, 0, 0, 0, Zone):  "-0500", // the last day of daylight saving time
		time.Date(2022, time.October, 30, 12, 0, 0, 0, Zone):  "-0600",
		time.Date(2022, time.February, 28, 12, 0, 0, 0, Zone): "-0600",
	} {
		assert.Equal(t, want, at.Format("-0700"), at)
	}
}

func TestDamagedZoneDataIsNoticedAtOnce(t *testing.T) {
	assert.Panics(t, func() { load(data[:len(data)/2]) })
}
