// Package canceltest simulates the vendors whose adapters this module has, for tests
// and for trying things out: [Factible], [Payvalida] and [Auco]. Each is a real HTTP
// server on this machine that keeps state and is as strict as the vendor's pages are,
// and needs neither credentials nor a testing.T:
//
//	sim := canceltest.NewPayvalida()
//	defer sim.Close()
//	sim.Register(cancel.Payment, "2402558")
//	client, err := payvalida.New(sim.Config())
//
// What was cancelled is in the ledger, Cancelled and IsCancelled. What was asked is in
// the log, [Server.Calls], without passwords, private keys and checksums; keys in headers
// are not kept. All logins, keys and seals are invented. A simulator listens in plain
// HTTP, to which an adapter sends nothing unless it is on the same machine.
//
// The simulators are made from the vendors' documentation. Where that is silent, their
// own pages here say what was chosen. That they answer in some way does not prove that
// a vendor would.
//
// # Time
//
// Some of what a vendor does takes days. A simulator's clock runs as the machine's does,
// and [Server.Pass] moves it ahead. An invoice whose recipient has to consent is pending
// until [Factible.Accept] or [Factible.Refuse], or until 72 hours have passed:
//
//	result, err := client.Cancel(ctx, req) // cancel.Pending
//	sim.Pass(72 * time.Hour)
//	result, err = client.Status(ctx, req)  // cancel.Cancelled, with an acuse
//
// # Webhooks
//
// [Auco.CallBack] and [Payvalida.CallBack] have the simulator tell a webhook on this
// machine what becomes of documents and payments, in the vendor's own words and with its
// header or checksum. What is not taken is told again as the vendor does, by the
// simulator's clock. [Server.Deliveries] is the log of that, without either secret.
//
// # Errors
//
// [Server.Fail] and [Server.FailAtRandom] make calls fail in each way that a network
// or a vendor can. With the adapters of this module, Cancel then ends in:
//
//   - [cancel.ErrUnavailable]: [Refuse], [HTTP429], [HTTP503]. Nothing was carried
//     out.
//   - [cancel.ErrUnknownOutcome]: all other constants. Those that begin with
//     CarriedOutThen, such as [CarriedOutThenDropped], were carried out, the rest was
//     not, and the client cannot know.
//   - What the status stands for: [HTTP].
//   - Success: [Delay], unless the client gives up, which it cannot tell from [Late].
//
// A Status ends in cancel.ErrUnavailable wherever Cancel ends in doubt, for it changes
// nothing.
//
// The functions of this package that cannot do what a test asks of them panic: for a
// fault, a state or a kind that does not exist, and where there is no free port.
package canceltest
