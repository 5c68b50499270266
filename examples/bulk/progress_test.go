package main

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPlainLinesNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, 100)
		time.Sleep(time.Second)
		p.skipped()
		p.ended(done)
		p.ended(underWay)
		p.ended(refused)
		p.ended(again)
		p.complain(7, errors.New("it is odd"))
		time.Sleep(5 * time.Second)
		p.ended(doubt)
		p.note("by the way")
		time.Sleep(5 * time.Second)
		p.close()
		p.note("too late")
		assert.Equal(t, "bulk: line 7: it is odd\n"+
			"bulk: 5 of 99 (5%): 2 taken, 3 failed, about 2m left\n"+
			"bulk: by the way\n"+
			"bulk: 6 of 99 (6%): 2 taken, 3 failed, 1 in doubt, about 3m left\n"+
			"bulk: 6 of 99 (6%): 2 taken, 3 failed, 1 in doubt, about 3m left\n", out.String())
	})
}

func TestNoProgressOfNothing(t *testing.T) {
	var out bytes.Buffer
	newProgress(&out, 0).close()
	assert.Equal(t, "bulk: 0 of 0 (0%): 0 taken\n", out.String())
}

func TestProgressOfMany(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 800)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				p.ended(done)
			}
		})
	}
	all.Wait()
	p.close()
	assert.Equal(t, "bulk: 800 of 800 (100%): 800 taken\n", out.String())
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1400 * time.Millisecond:    "1s",
		59 * time.Second:           "59s",
		61 * time.Second:           "1m",
		90 * time.Minute:           "1h30m",
		3*time.Hour + time.Second:  "3h0m",
		26*time.Hour + time.Minute: "26h1m",
	} {
		assert.Equal(t, want, roughly(d))
	}
}
