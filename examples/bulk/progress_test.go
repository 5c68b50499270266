package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel/examples/internal/cli"
)

func TestPlainLinesNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, new(cli.Flags).Text)
		time.Sleep(time.Second)
		p.set(100, [classes]int{done: 1})
		time.Sleep(5 * time.Second)
		p.set(100, [classes]int{done: 1, underWay: 1, refused: 2})
		p.once("it is odd")
		p.once("it is odd")
		time.Sleep(5 * time.Second)
		p.set(100, [classes]int{done: 1, underWay: 1, refused: 2, doubt: 1})
		p.close()
		assert.Equal(t, "bulk: 4 of 100 (4%), needing a person: 2\n"+
			"bulk: it is odd\n"+
			"bulk: 5 of 100 (5%), needing a person: 3\n"+
			"bulk: 5 of 100 (5%), needing a person: 3\n", out.String())
	})
}

func TestOnATerminalOneLineIsWrittenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, new(cli.Flags).Text)
		p.columns = 80
		time.Sleep(time.Second)
		p.set(100, [classes]int{done: 50, refused: 2})
		p.note("it is odd")
		p.close()
		const line = "\r\x1b[K██████████░░░░░░░░░░ 52 of 100 (52%), needing a person: 2"
		assert.Equal(t, line+"\r\x1b[Kbulk: it is odd\n"+line+line+"\n", out.String())
	})
}

func TestTheLineFitsTheTerminal(t *testing.T) {
	for columns, want := range map[int]string{
		80: "██████████░░░░░░░░░░ 52 of 100 (52%), needing a person: 2",
		40: "█░ 52 of 100 (52%), needing a person: 2",
		30: " 52 of 100 (52%), needing a p",
	} {
		var out bytes.Buffer
		p := newProgress(&out, new(cli.Flags).Text)
		p.columns = columns
		p.set(100, [classes]int{done: 50, refused: 2})
		p.show()
		assert.Equal(t, clearLine+want, out.String())
	}
}

func TestNoProgressOfNothing(t *testing.T) {
	var out bytes.Buffer
	newProgress(&out, new(cli.Flags).Text).close()
	assert.Empty(t, out.String())
}
