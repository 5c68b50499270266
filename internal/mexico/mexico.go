// Package mexico has the local time of Mexico City, in which the SAT dates its documents.
package mexico

import (
	_ "embed"
	"time"
)

// Release 2025c of the tz database, as Go ships it in lib/time/zoneinfo.zip.
//
//go:embed America_Mexico_City
var data []byte

// Zone is America/Mexico_City. It does not depend on the machine, whose zone data may be
// older than release 2022f: Mexico gave up daylight saving time in October 2022.
var Zone = load(data)

func load(data []byte) *time.Location {
	zone, err := time.LoadLocationFromTZData("America/Mexico_City", data)
	if err != nil {
		panic(err) // the embedded data is good
	}
	return zone
}
