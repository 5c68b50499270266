package console_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/durable/console"
)

// browser is a tab of Chromium that looks at a console.
type browser struct {
	*site

	ctx  context.Context
	name string // of its screenshots
}

func css(selector string) chromedp.CSS { return chromedp.CSS(selector) }

// do runs steps of chromedp.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, steps...))
}

// leave runs steps, the last of which leads to another page, and waits for it.
func (b *browser) leave(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	answer, err := chromedp.RunResponse(b.ctx, steps...)
	require.NoError(b.t, err)
	require.EqualValues(b.t, http.StatusOK, answer.Status)
}

// value returns the value of an expression in the page.
func value[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err)
	return v
}

// open opens a page, checks it and takes a screenshot.
func (b *browser) open(path, name string) {
	b.t.Helper()
	b.leave(chromedp.Navigate(b.URL + "/ops/console/" + path))
	b.look(name)
}

// look checks that nothing is wider than the window, and writes a screenshot to the folder
// that CONSOLE_SCREENSHOTS names.
func (b *browser) look(name string) {
	b.t.Helper()
	wide := value[[]string](b, `[...document.querySelectorAll("body *")]
		.filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))`)
	assert.Empty(b.t, wide, "%s: elements wider than the window", name)
	assert.False(b.t, value[bool](b, `document.documentElement.scrollWidth > innerWidth`), "%s scrolls sideways", name)
	if folder := os.Getenv("CONSOLE_SCREENSHOTS"); folder != "" {
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		require.NoError(b.t, err)
		require.NoError(b.t, os.WriteFile(filepath.Join(folder, name+"-"+b.name+".png"), picture, 0o600))
	}
}

// submit opens the form of an action, fills it in and sends it.
func (b *browser) submit(action string) {
	b.t.Helper()
	form := `form[action="` + action + `"]`
	b.do(chromedp.Click(css(`details:has(`+form+`) summary`)), chromedp.SendKeys(css(form+` [name=why]`), "asked by the accountant"))
	b.look(action + "-form")
	b.leave(chromedp.Click(css(form + ` button`)))
	b.do(chromedp.WaitVisible(css(`.notice[role=status]`)))
	b.look(action + "-done")
}

// tab presses the tab key until an element has the focus.
func (b *browser) tab(selector string) {
	b.t.Helper()
	for range 200 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if value[bool](b, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			outline := value[string](b, `getComputedStyle(document.activeElement).outlineStyle`)
			assert.NotEqual(b.t, "none", outline, "the focus on %s is visible", selector)
			return
		}
	}
	require.Fail(b.t, "the focus does not reach "+selector)
}

// chromium returns the context of a running Chromium, or skips the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" && os.Getenv("CI") == "" {
		t.Skip("NOT TESTED IN A BROWSER: there is no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(5*time.Minute), chromedp.Flag("disable-dev-shm-usage", true))
	ctx, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

func TestABrowserCanDoEverything(t *testing.T) {
	running := chromium(t)
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			name := fmt.Sprintf("%d-%s", width, scheme)
			t.Run(name, func(t *testing.T) {
				tab, end := chromedp.NewContext(running)
				defer end()
				require.NoError(t, chromedp.Do(tab))
				tab, end = context.WithTimeout(tab, 5*time.Minute)
				defer end()
				b := &browser{ctx: tab, name: name}
				testInBrowser(t, b, width, scheme)
			})
		}
	}
}

func testInBrowser(t *testing.T, b *browser, width int64, scheme string) {
	f := newFixture(t)
	n := f.populate()
	b.site = newSite(t, f, console.Config{Who: func(*http.Request) string { return "ana" }})
	var mu sync.Mutex
	var complaints []string
	require.NoError(t, chromedp.Listen(b.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			complaints = append(complaints, e.Entry.Text+" "+e.Entry.URL)
		case *page.EventJavascriptDialogOpening:
			complaints = append(complaints, "a script has run: "+e.Message)
		}
	}))
	_, err := chromedp.Call(b.ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(t, err)
	b.do(chromedp.EmulateViewport(width, 800))
	b.open("", "overview")
	background := value[string](b, `getComputedStyle(document.body).backgroundColor`)
	assert.Equal(t, scheme == "dark", strings.HasPrefix(background, "rgb(18,"), "the color scheme: %s", background)

	b.leave(chromedp.Click(css(`.card.failed`)))
	b.look("list")
	b.leave(chromedp.SendKeys(css(`.search input`), f.get(n.failed).Request.ID+kb.Enter))
	b.leave(chromedp.Click(css(`tbody tr:only-child th a`)))
	b.look("failed")
	b.submit("requeue")
	c := f.get(n.failed)
	assert.Equal(t, durable.Queued, c.State)
	assert.Equal(t, "ana: asked by the accountant", c.Notes[0].Who+": "+c.Notes[0].Why)
	b.submit("withdraw")
	assert.Equal(t, durable.Withdrawn, f.get(n.failed).State)
	b.submit("redeliver")
	assert.False(t, f.get(n.failed).NextAt.IsZero())

	// The rest needs only keys.
	b.open("list?provider=pac", "provider")
	b.tab(`.action summary`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.tab(`form[action=pause] [name=why]`)
	b.do(chromedp.KeyEvent("maintenance"))
	b.tab(`form[action=pause] button`)
	b.leave(chromedp.KeyEvent(kb.Enter))
	b.look("paused")
	pauses, err := f.Pauses(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []durable.Pause{{Provider: "pac", Who: "ana", Why: "maintenance"}}, pauses[1:])
	b.open("", "overview-paused")
	b.tab(`.paused:nth-of-type(2) summary`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.tab(`.paused:nth-of-type(2) [name=why]`)
	b.leave(chromedp.KeyEvent("over" + kb.Enter))
	pauses, err = f.Pauses(t.Context())
	require.NoError(t, err)
	assert.Len(t, pauses, 1)

	for name, number := range map[string]int64{
		"done": n.done, "unknown": n.unknown, "undelivered": n.undelivered, "refused": n.refused, "queued": n.queued,
	} {
		b.open(fmt.Sprintf("cancellation?id=%d", number), name)
		b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
		b.look(name + "-open")
	}
	mu.Lock()
	defer mu.Unlock()
	assert.Empty(t, complaints)
}
