// Package canceltest is for tests of programs and adapters that cancel things. It has what
// vendors' simulators are made of, faults on demand, and a conformance suite for adapters.
// The simulators stand beside their adapters: packages factibletest, payvalidatest and
// aucotest.
//
// # Simulators
//
// A simulator is a real HTTP server on this machine that keeps state and is as strict as
// the vendor's pages are. It needs neither credentials nor a testing.T:
//
//	sim := payvalidatest.New()
//	defer sim.Close()
//	sim.Register(cancel.Payment, "2402558")
//	client, err := payvalida.New(sim.Config())
//
// Its ledger, Cancelled and IsCancelled, lists the cancelled things. Its log, [Server.Calls],
// lists the calls, without passwords, private keys and checksums; header fields are not kept.
// All logins, keys and seals are invented. A simulator speaks plain HTTP, in which adapters send
// only to their own machine.
//
// Simulators are made from the vendors' documentation. Where it is silent, each simulator
// names its choice. An answer of a simulator does not prove that the vendor answers so.
//
// To simulate another vendor, embed a [Server] that [Listen] has made, with a [Handler] that
// answers as the vendor does and enters cancelled things in Ledger.
//
// # Time
//
// A simulator's clock runs like the machine's, and [Server.Pass] moves it ahead. An invoice
// whose recipient has to consent is pending for 72 hours:
//
//	result, err := client.Cancel(ctx, req) // cancel.Pending
//	sim.Pass(72 * time.Hour)
//	result, err = client.Status(ctx, req)  // cancel.Cancelled, with an acuse
//
// # Webhooks
//
// A simulator's CallBack makes it call a webhook on this machine, with the vendor's own
// message and secret. A message that is not taken is sent again as the vendor does, by the
// simulator's clock. [Server.Deliveries] is the log, without the secret.
//
// # Errors
//
// [Server.Fail] and [Server.FailAtRandom] make calls fail in every way that a network or a
// vendor can. With an adapter that conforms, Cancel then ends in:
//
//   - [cancel.ErrUnavailable] for [Refuse], [HTTP429] and [HTTP503]. Nothing was carried
//     out.
//   - [cancel.ErrUnknownOutcome] for all other constants. The faults that begin with
//     CarriedOutThen, such as [CarriedOutThenDropped], were carried out and the others were
//     not, but the client cannot know.
//   - The reason that the status stands for, with [HTTP].
//   - Success with [Delay], unless the client gives up: then it is as with [Late].
//
// If Cancel ends in doubt, Status ends in cancel.ErrUnavailable, because it changes nothing.
//
// Functions of this package panic if a test asks for what cannot be: a fault, a state or a
// kind that does not exist.
package canceltest
