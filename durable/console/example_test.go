package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/durable/console"
)

// A console is mounted in the server of a company, which knows who is logged in.
func Example() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	q, err := durable.OpenSQLite(ctx, filepath.Join(folder, "cancellations.db"), durable.Config{
		Providers: map[string]durable.Provider{"pac": {Canceler: vendor{}}},
	})
	if err != nil {
		panic(err)
	}
	defer q.Close()
	if err := q.Migrate(ctx); err != nil {
		panic(err)
	}

	user := func(r *http.Request) string { return r.Header.Get("X-User") } // a session, in earnest
	pages := console.New(q, console.Config{
		Authorize: func(r *http.Request) error {
			if user(r) != "ana" {
				return errors.New("not an operator")
			}
			return nil
		},
		Who: user,
	})
	mux := http.NewServeMux()
	mux.Handle("/console/", http.StripPrefix("/console", pages))

	for _, name := range []string{"ana", "bob"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/console/", nil)
		r.Header.Set("X-User", name)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(name, w.Code)
	}
	// Output:
	// ana 200
	// bob 403
}
