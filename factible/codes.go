package factible

import (
	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// tableVersion names this table in evidence. It changes with any row.
const tableVersion = "factible 1"

// The names of the operations, and of the acuse, whose EstatusUUID is a code, too.
const (
	opSectorPrimario  = "cancelarSectorPrimario"
	opGetStatus       = "getStatusCancelacionAsincrona"
	opAsincrono       = "cancelarAsincrono"
	opEnviarSolicitud = "enviarSolicitudCancelacionAsincrono"
	inAcuse           = "acuse"
)

var (
	registering = []string{opAsincrono, opEnviarSolicitud}
	everywhere  = []string{opSectorPrimario, opGetStatus, opAsincrono, opEnviarSolicitud}
)

// processed is the status that an acuse can contradict.
const processed = "200"

// table holds every status that the vendor documents, and every EstatusUUID that the SAT
// documents for an acuse. A status that the vendor documents for one operation means the same
// for the others, except for the statuses of registering. PACs publish further EstatusUUID,
// but do not agree on them.
var table = adapter.Table{
	{Code: processed, Operations: []string{opSectorPrimario}, State: cancel.Cancelled,
		Spanish: "cancelación procesada; si hay acuse, él decide", English: "cancellation carried out; an acuse, if there is one, decides"},
	{Code: processed, Operations: []string{opGetStatus}, State: cancel.Pending,
		Spanish: "solicitud registrada, el SAT aún no responde; si hay acuse, él decide", English: "request registered, the SAT has not answered yet; an acuse, if there is one, decides"},
	{Code: processed, Operations: registering, State: cancel.Pending,
		Spanish: "solicitud registrada", English: "request registered"},
	{Code: "201", Operations: registering, State: cancel.Pending,
		Spanish: "solicitud recibida", English: "request received"},
	{Code: "202", Operations: registering, State: cancel.Pending,
		Spanish: "solicitud recibida antes", English: "request received before"},
	{Code: "204", Operations: everywhere, Reason: cancel.ErrNotCancellable,
		Spanish: "el comprobante no es cancelable", English: "the invoice cannot be cancelled"},
	{Code: "211", Operations: everywhere, State: cancel.Pending,
		Spanish: "cancelación en proceso", English: "cancellation under way"},
	{Code: "213", Operations: everywhere, Reason: cancel.ErrRejected,
		Spanish: "el receptor rechazó la cancelación", English: "the recipient refused the cancellation"},
	{Code: "303", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "el CSD no corresponde al RFC del emisor", English: "the CSD is not the issuer's"},
	{Code: "305", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "fecha fuera de la vigencia del CSD", English: "date outside the validity of the CSD"},
	{Code: "306", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "el certificado no es un CSD", English: "the certificate is not a CSD"},
	{Code: "308", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "el certificado no fue emitido por el SAT", English: "the certificate was not issued by the SAT"},
	{Code: "402", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "el RFC del emisor no está en la LCO", English: "the issuer's RFC is not in the LCO"},
	{Code: "500", Operations: everywhere, Reason: cancel.ErrUnavailable, AskAgain: true,
		Spanish: "error interno del PAC", English: "internal error of the PAC"},
	{Code: "501", Operations: everywhere, Reason: cancel.ErrUnavailable, AskAgain: true,
		Spanish: "error de la base de datos del PAC", English: "database error of the PAC"},
	{Code: "601", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "usuario o contraseña incorrectos", English: "wrong username or password"},
	{Code: "602", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "cuenta bloqueada", English: "account locked"},
	{Code: "603", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "contraseña vencida", English: "password expired"},
	{Code: "604", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "demasiados intentos fallidos", English: "too many failed attempts"},
	{Code: "605", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "usuario inactivo", English: "user inactive"},
	{Code: "611", Operations: everywhere, Reason: cancel.ErrInvalid,
		Spanish: "datos incompletos", English: "data incomplete"},
	{Code: "620", Operations: everywhere, Reason: cancel.ErrForbidden,
		Spanish: "sin permiso", English: "no permission"},
	{Code: "621", Operations: everywhere, Reason: cancel.ErrInvalid,
		Spanish: "datos no válidos", English: "data not valid"},
	{Code: "623", Operations: everywhere, Reason: cancel.ErrNotFound,
		Spanish: "el UUID no está en el panel del usuario", English: "the UUID is not in the user's panel"},
	{Code: "633", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "cuenta del otro ambiente", English: "account of the other environment"},
	{Code: "701", Operations: registering, State: cancel.Pending,
		Spanish: "ya hay una solicitud para el UUID", English: "there already is a request for the UUID"},
	{Code: "702", Operations: everywhere, Reason: cancel.ErrNotFound,
		Spanish: "no hay solicitud para el UUID", English: "there is no request for the UUID"},
	{Code: "1701", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "la llave no corresponde al certificado", English: "the key does not match the certificate"},
	{Code: "1702", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "contraseña de la llave incorrecta", English: "wrong password of the key"},
	{Code: "1703", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "estructura de la llave no válida", English: "structure of the key not valid"},
	{Code: "1704", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "la llave no es RSA", English: "the key is not RSA"},
	{Code: "1710", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "estructura del certificado no válida", English: "structure of the certificate not valid"},
	{Code: "1711", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "certificado aún no vigente", English: "certificate not yet valid"},
	{Code: "1712", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "certificado vencido", English: "certificate expired"},
	{Code: "1713", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "la llave pública del certificado no es RSA", English: "the certificate's public key is not RSA"},
	{Code: "1801", Operations: everywhere, Reason: cancel.ErrInvalid,
		Spanish: "solicitud ilegible o firma no validada", English: "request not readable, or signature not validated"},
	{Code: "1802", Operations: everywhere, Reason: cancel.ErrInvalid,
		Spanish: "firma de la solicitud incorrecta", English: "signature of the request wrong"},
	{Code: "1803", Operations: registering, Reason: cancel.ErrInvalid,
		Spanish: "UUID no válido", English: "UUID not valid"},

	{Code: "201", Operations: []string{inAcuse}, State: cancel.Cancelled,
		Spanish: "solicitud de cancelación recibida", English: "cancellation request received"},
	{Code: "202", Operations: []string{inAcuse}, State: cancel.AlreadyCancelled,
		Spanish: "cancelado previamente", English: "cancelled before"},
	{Code: "203", Operations: []string{inAcuse}, Reason: cancel.ErrNotFound,
		Spanish: "no encontrado, o no es del emisor", English: "not found, or not the issuer's"},
	{Code: "204", Operations: []string{inAcuse}, Reason: cancel.ErrNotCancellable,
		Spanish: "no aplicable para cancelación", English: "not applicable for cancellation"},
	{Code: "205", Operations: []string{inAcuse}, Reason: cancel.ErrNotFound,
		Spanish: "no existe", English: "does not exist"},
	{Code: "206", Operations: []string{inAcuse}, Reason: cancel.ErrNotCancellable,
		Spanish: "no es un CFDI del sector primario", English: "not a CFDI of the primary sector"},
}

// Codes returns a copy of the table by which answers are read, in the order of the codes; the
// EstatusUUID of the acuse come last. It is safe for concurrent use. The codes stand on the
// vendor's pages,
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp
// and its neighbours. The codes 201, 202 and 303 to 402 of registering are known only from
// clients of the vendor.
func Codes() []cancel.Code { return table.Copy() }
