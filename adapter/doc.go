// Package adapter is the toolbox that adapters are made of: one HTTP exchange and what is
// certain of it, tables of a vendor's codes, endpoints, the checks of a request, redaction
// of secrets, strict JSON. It knows no vendor, and an adapter in any repository can use it.
//
// # Errors
//
// [Call] turns the outcome of an exchange into a *[cancel.Error]. What the HTTP status or a
// broken connection means if no code of the vendor decides is the same for all adapters;
// see status.go. [NewClient], [Endpoint] and the Check functions return plain errors that
// name the field at fault, for [Call.Refuse].
package adapter
