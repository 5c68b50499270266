// Package cancel undoes things at vendors of Latin America: tax invoices, card
// payments, contracts out for signature.
package cancel
