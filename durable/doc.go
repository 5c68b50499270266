// Package durable keeps cancellations in a database until each is settled, so that
// neither a deploy nor a crash loses one or sends one twice without need. It is made of
// jobs of River, https://riverqueue.com, in a database of the user's own: an SQLite file
// for one machine, or a PostgreSQL for many.
//
//	q, err := durable.OpenSQLite(ctx, "cancellations.db", durable.Config{
//		Providers: map[string]durable.Provider{"pac": {Canceler: pac}},
//	})
//	err = q.Migrate(ctx)
//	err = q.Start(ctx)
//	tickets, err := q.Enqueue(ctx, req)
//
// [Queue.Enqueue] records what is to be cancelled, and [Queue.EnqueueTx] does within the
// transaction that is the reason for it. Workers, in that process or in others, see each
// through. [Queue.Get], [Queue.Find], [Queue.List] and [Queue.Counts] tell how things
// stand, and Config.OnSettled is told how each has ended.
//
// # What a job does
//
// It asks the provider once, through a [cancel.Client]. What is [Pending] is asked for its
// status, after 5 minutes at first and each hour later on, until it is settled or the
// provider remembers it no longer; an answer that says nothing of it, such as that of a proxy,
// ends that only when it came five times in a row. What was unavailable is tried again after
// growing pauses, for as long as it takes. Between turns a job is a row in the database and
// no more: any process that works for the provider takes it up.
//
// Before each call that cancels, the worker records that it is about to make it. A worker
// that dies around the call leaves [Sending] behind; the next one cannot know whether the
// provider has carried it out, and treats it as [cancel.ErrUnknownOutcome]. So it is, too,
// where an answer cannot be recorded for 25 seconds: keep transactions in an SQLite file
// short, for nobody else writes to it meanwhile.
//
// From then on the rules of Client hold: the status is asked for first, and the
// cancellation is asked for again only where the provider answers that there is none, or
// has no status to ask for, for a second cancellation can destroy nothing more. A state
// ends the doubt, and so does a status of [cancel.ErrRejected] or
// [cancel.ErrNotCancellable]; any other error leaves it [InDoubt], until Config.DoubtFor is
// over, five turns in a row have found nothing out, and it is [Unknown]. That the credentials
// are refused makes nothing Unknown: what is in doubt waits until the provider has been asked
// with good ones.
//
// When a provider refuses the credentials, its jobs are put off and none fails. After the
// pause one job asks for all of them; the pause doubles each time it is refused again, for
// vendors lock accounts after repeated failures. Calls that were under way at the first
// refusal, up to Provider.Workers in each process, still get their own.
//
// # States, and what to do
//
//   - [Queued]: waits for a worker, for the provider to be available or for its
//     credentials to be good. Where there are many, look at Failure, at
//     [Queue.PausedUntil], and whether a process works for the provider at all. After
//     mending credentials restart the processes with them, and call [Queue.Resume].
//   - [Sending]: a call is under way, or waits for its turn by Provider.PerSecond. If it
//     stays so for more than Config.Timeout and two minutes, no process is at work.
//   - [InDoubt]: the call broke off, or its worker died. Nothing is to be done yet, but for
//     credentials that are refused: see Queued.
//   - [Pending]: waits for the authority or a person, which can take days. Nothing is to
//     be done.
//   - [Done]: cancelled. Result holds the receipt, where the vendor gives one, and Evidence
//     what an auditor asks for.
//   - [Failed]: certainly not cancelled, and Failure says why. Mend what its Reason says,
//     as listed by package cancel, and enqueue it anew; or undo the thing in another way.
//   - [Forgotten]: the provider had registered it. Look it up there: for an invoice, the
//     SAT itself tells by its UUID. Enqueue it anew only where it stands.
//   - [Unknown]: it may be cancelled. Look it up at the provider; Failure and its Raw are
//     what it last said. Enqueue it anew only where it stands, for that asks without
//     doubting what was before.
//
// A cancellation that is settled never changes, and is kept until somebody deletes it. What
// River says of a job means nothing here. Do not cancel or delete its jobs: a cancellation
// without one stays as it is, and stands in the way of another of the same thing.
//
// # Many machines
//
// On PostgreSQL any number of processes may enqueue and work. River gives a job to one
// worker at a time; should it have been given up as dead and yet be alive, one of the two
// is not heard when it wants to record something. On SQLite several processes of one
// machine may share a file, and wait for each other.
//
// Each provider has a queue of River of its own, so that a slow one holds up nobody else.
// Provider.Workers, PerSecond and Burst hold for one process: River has no limit across
// machines. Two machines make twice as many calls, so that a vendor's limit is to be
// divided by the number of processes that work for it. The pause after refused credentials
// holds for all. Times are those of the machines' own clocks, which have to agree within a
// few seconds.
//
// # Growth
//
// Beside a million cancellations that are settled, enqueueing, seeing a job through, Get,
// Find and a page of List cost about what they do beside few: 0.9 to 1.4 times as much when
// it was measured on both databases, and a page up to twice as much. Counts alone grows
// with them, to about a tenth of a second for a million.
//
//	go test -run '^$' -bench Growth -timeout 1h .
//
// measures it in this directory. River deletes its own rows a day after they are of no
// more use.
//
// # Upgrades
//
// The tables have versions. Call [Queue.Migrate] from the new program, once, then replace
// the processes: those of the version before go on with tables that are newer, until they
// are started again. What waited, or was being sent, is seen through by the new ones. Where
// an index is new PostgreSQL holds up what writes until it is built, which takes a second
// or two for a million.
//
// # Errors
//
//   - [cancel.ErrInvalid]: from New and the openers for a Config, and from Enqueue for a
//     request, that is malformed. Mend it.
//   - [ErrNoCancellation]: from Get and Find. There is none.
//   - An error that says to call Migrate, or that the program is older than the tables: from
//     all but New and the openers. Nothing was done.
//   - All others are those of the database or of River. Of Enqueue they mean that nothing
//     was enqueued, unless the connection broke while the transaction was committed:
//     enqueueing again is safe while the thing is not settled.
//
// What a vendor says never is an error here: it is in the Cancellation, and
// [Cancellation.Err] makes an error of it.
package durable
