// Package console is a web page for the people who run a queue of package durable, in English
// and Spanish.
//
//	mux.Handle("/console/", http.StripPrefix("/console", console.New(q, console.Config{})))
//
// It shows what needs a person first, then the pauses, the outcomes of each hour of a day, and
// the counts by state and provider. It finds a cancellation by its ID, shows its life with the
// evidence, and offers the receipt and the raw answers as files. It requeues, withdraws and
// delivers cancellations again, and pauses and resumes providers.
//
// # Who gets in
//
// The console has no users of its own. Config.Authorize decides on each request, and
// Config.Who names the person for the records. Without Authorize only this machine gets in. A
// person who gets in sees personal data and can change the queue.
//
// Each change needs a reason, the token of a form that the console has made, and the absence
// of headers that say that another site has sent it. The pages have no scripts, and a
// Content-Security-Policy forbids all. The pages show answers of vendors only as text.
//
// # Errors
//
// A page says in words what went wrong. Its status is
//
//   - 400 for a malformed address or form, or one without a reason,
//   - 403 if Config.Authorize has refused the request, if the token of the form is missing or
//     older than yesterday, or if another site has sent it,
//   - 404 for an unknown page, and for [durable.ErrNoCancellation],
//   - 405 for a method that the page does not take,
//   - 409 for [durable.ErrState]: the state of the cancellation does not allow the action,
//   - 413 for a form above 64 KiB,
//   - 500 if Config.Key has no value, and
//   - 503 for all other errors of the queue, which come from its database.
package console
