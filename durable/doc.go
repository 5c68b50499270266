// Package durable keeps cancellations in a database until each is settled, so that neither a
// deploy nor a crash loses one or sends one twice without need. It uses jobs of River,
// https://riverqueue.com, in a database of the user's own: an SQLite file for one machine, or
// a PostgreSQL for many.
//
//	q, err := durable.OpenSQLite(ctx, "cancellations.db", durable.Config{
//		Providers: map[string]durable.Provider{"pac": {Canceler: pac}},
//	})
//	err = q.Migrate(ctx)
//	err = q.Start(ctx)
//	tickets, err := q.Enqueue(ctx, req)
//
// [Queue.Enqueue] records a request, and [Queue.EnqueueTx] does so within the transaction that
// is the reason for it. Workers, in that process or in others, see each through. [Queue.Get],
// [Queue.Find], [Queue.List] and [Queue.Counts] say how things stand, and the Queue calls
// Config.OnSettled when one has ended.
//
// # What a worker does
//
// It asks the provider once, through a [cancel.Client]. If the answer is [Pending] it asks for
// the status, after 5 minutes at first and each hour later on, until the cancellation is
// settled or the provider no longer remembers it. [Queue.Wake] has it ask at once. Two
// kinds of answer end that only after five in a row: an answer that does not come from the
// provider, such as a proxy's, and an answer that knows of no cancellation.
// An unavailable provider is asked again after growing pauses, without an end.
//
// Before each call that cancels, the worker records its intent. A worker that dies around the
// call leaves [Sending] behind. The next one cannot know whether the provider has carried it
// out, and treats it as [cancel.ErrUnknownOutcome]. The same holds if an answer cannot be
// recorded for 25 seconds: keep transactions in an SQLite file short, because nobody else can
// write to it meanwhile.
//
// From then on [cancel.Client.Resolve] finds out. It asks for the status first. It cancels
// again only if the provider answers that there is no cancellation, or has no status, because a
// second cancellation can destroy nothing more. A state ends the doubt, and so does a status of
// [cancel.ErrRejected] or [cancel.ErrNotCancellable]. Any other error leaves it [InDoubt], until
// Config.DoubtFor is over, five turns in a row have found nothing out, and it is [Unknown].
// Refused credentials make nothing Unknown: the doubt waits until the provider was asked with
// good ones.
//
// If the provider is a [cancel.BatchCanceler], one call cancels up to MaxBatch of those that
// are queued and agree in Kind, Reason and RequestedBy. The intent of each is recorded, and a
// crash leaves each of them in doubt.
//
// When a provider refuses the credentials, its cancellations wait and none fails. After the
// pause one of them asks for all. The pause doubles each time the credentials are refused
// again, because vendors lock accounts after repeated failures. Calls that were under way at
// the first refusal, up to Provider.Workers in each process, still get their own.
//
// # States, and what to do
//
//   - [Queued]: waits for a worker, an available provider or good credentials. If there are
//     many, look at Failure, at [Queue.Pauses], and whether a process works for the provider
//     at all. A credential that comes from a [cancel.SecretFunc] can be corrected without a
//     restart. Then call [Queue.Resume].
//   - [Sending]: a call is under way, or waits for its turn by Provider.PerSecond. If it
//     stays so for more than Config.Timeout and three minutes, no process is at work.
//   - [InDoubt]: the call broke off, or its worker died. There is nothing to do yet, unless
//     the credentials are refused: see Queued.
//   - [Pending]: waits for the authority or a person, which can take days. There is nothing
//     to do.
//   - [Done]: cancelled. Result holds the receipt, if the vendor gives one, and Evidence the
//     facts for an auditor.
//   - [Failed]: certainly not cancelled, and Failure says why. Correct the cause, as package
//     cancel lists it for each Reason, and call [Queue.Requeue], or undo the thing in another
//     way.
//   - [Forgotten]: the provider had registered it. Look it up there; for an invoice, the SAT
//     itself answers by its UUID. Requeue it only if it stands.
//   - [Unknown]: it may be cancelled. Look it up at the provider; Failure and its Raw are the
//     last answer. Requeue it only if it stands.
//   - [Withdrawn]: [Queue.Withdraw] took it back, and nothing was sent.
//
// A settled cancellation changes only by Requeue, Redeliver and [Retention]. It stays until
// Retention deletes it. River's jobs only say that a provider has something to do: the state
// is in unified_cancel_job. A minute after one was lost, another one takes its place.
//
// # Many machines
//
// On PostgreSQL any number of processes may enqueue and work. If a worker was taken for dead
// and is alive, only one of the two can record its answer. On SQLite several processes of one
// machine may share a file, and wait for each other.
//
// Providers with the same Provider.Vendor share a queue of River and the calls of
// Config.Vendors, first come, first served. A provider without a Vendor has its own.
// Provider.Workers, PerSecond and Burst hold for one process; with Provider.Shared PerSecond
// and Burst hold for all processes together. Pauses hold for all. The clocks of the machines
// have to agree within a few seconds.
//
// # Growth
//
// Enqueueing, working, Get, Find and a page of List find their rows by indexes. Only Counts
// and Stats count all rows one by one. docs/performance.md says how much one cancellation
// takes. River deletes its own rows an hour after their last use.
//
// # Upgrades
//
// The tables have versions. Call [Queue.Migrate] from the new program, once, then replace the
// processes. Processes of the version before go on with newer tables until they are started
// again.
//
// # Errors
//
//   - [cancel.ErrInvalid]: New and the openers return it for a malformed Config, Enqueue for a
//     malformed request. Correct it.
//   - [ErrNoCancellation]: there is no such cancellation.
//   - [ErrState]: the state of the cancellation does not allow Withdraw, Requeue or Redeliver.
//   - An error that says to call Migrate, or that the program is older than the tables: all but
//     New and the openers return it. Nothing was done.
//   - All others come from the database or from River. From Enqueue they mean that nothing
//     was enqueued, unless the connection broke while the transaction was committed. It is
//     safe to enqueue again while the thing is not settled.
//
// A vendor's failure is never an error here. It is in the Cancellation, and
// [Cancellation.Err] returns it as an error.
package durable
