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
// # What a job does
//
// It asks the provider once, through a [cancel.Client]. If the answer is [Pending] it asks for
// the status, after 5 minutes at first and each hour later on, until the cancellation is
// settled or the provider no longer remembers it. An answer that says nothing of it, such as a
// proxy's, ends that only when it came five times in a row. An unavailable provider is asked
// again after growing pauses, without an end. Between turns a job is only a row in the
// database: any process that works for the provider takes it up.
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
// When a provider refuses the credentials, its jobs wait and none fails. After the pause one job
// asks for all of them. The pause doubles each time the credentials are refused again, because
// vendors lock accounts after repeated failures. Calls that were under way at the first refusal,
// up to Provider.Workers in each process, still get their own.
//
// # States, and what to do
//
//   - [Queued]: waits for a worker, for the provider to be available or for its credentials
//     to be good. If there are many, look at Failure, at [Queue.PausedUntil], and whether a
//     process works for the provider at all. A credential that comes from a
//     [cancel.SecretFunc] can be corrected without a restart. Then call [Queue.Resume].
//   - [Sending]: a call is under way, or waits for its turn by Provider.PerSecond. If it
//     stays so for more than Config.Timeout and two minutes, no process is at work.
//   - [InDoubt]: the call broke off, or its worker died. There is nothing to do yet, unless
//     the credentials are refused: see Queued.
//   - [Pending]: waits for the authority or a person, which can take days. There is nothing
//     to do.
//   - [Done]: cancelled. Result holds the receipt, if the vendor gives one, and Evidence the
//     facts for an auditor.
//   - [Failed]: certainly not cancelled, and Failure says why. Correct the cause, as package
//     cancel lists it for each Reason, and enqueue it again, or undo the thing in another way.
//   - [Forgotten]: the provider had registered it. Look it up there; for an invoice, the SAT
//     itself answers by its UUID. Enqueue it again only if it stands.
//   - [Unknown]: it may be cancelled. Look it up at the provider; Failure and its Raw are the
//     last answer. Enqueue it again only if it stands, because a new cancellation knows of no
//     doubt.
//
// A settled cancellation never changes, and stays until somebody deletes it. River's own state
// of a job means nothing here. Do not cancel or delete its jobs: a cancellation without a job
// stays as it is, and blocks another one of the same thing.
//
// # Many machines
//
// On PostgreSQL any number of processes may enqueue and work. River gives a job to one worker
// at a time. If River took a worker for dead and it is alive, only one of the two can record
// its answer. On SQLite several processes of one machine may share a file, and wait for each
// other.
//
// Each provider has its own River queue, so a slow one holds up nobody else. Provider.Workers,
// PerSecond and Burst hold for one process: River has no limit across machines. Two machines
// make twice as many calls, so divide a vendor's limit by the number of processes. The pause
// after refused credentials holds for all. The clocks of the machines have to agree within a
// few seconds.
//
// # Growth
//
// Beside a million settled cancellations, enqueueing, seeing a job through, Get, Find and a
// page of List took 0.9 to 1.4 times as long as beside few, a page up to twice as long. Only
// Counts grows with them, to about a tenth of a second for a million.
//
//	go test -run '^$' -bench Growth -timeout 1h .
//
// measures it in this directory. River deletes its own rows a day after their last use.
//
// # Upgrades
//
// The tables have versions. Call [Queue.Migrate] from the new program, once, then replace the
// processes. Processes of the version before go on with newer tables until they are started
// again, and the new ones see through the waiting and the sent. If an index is new, PostgreSQL
// blocks writes until it is built, a second or two for a million.
//
// # Errors
//
//   - [cancel.ErrInvalid]: New and the openers return it for a malformed Config, Enqueue for a
//     malformed request. Correct it.
//   - [ErrNoCancellation]: Get and Find return it if there is no such cancellation.
//   - An error that says to call Migrate, or that the program is older than the tables: all but
//     New and the openers return it. Nothing was done.
//   - All others come from the database or from River. From Enqueue they mean that nothing
//     was enqueued, unless the connection broke while the transaction was committed. It is
//     safe to enqueue again while the thing is not settled.
//
// A vendor's failure is never an error here. It is in the Cancellation, and
// [Cancellation.Err] returns it as an error.
package durable
