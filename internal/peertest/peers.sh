#!/usr/bin/env bash
# Makes zeep (Python) and SoapClient (PHP) call the SOAP simulators by their own WSDL, and fails if
# they do not understand the answers. Needs Go. Installs the two with apt-get if they are missing;
# that takes root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

missing=()
/usr/bin/python3 -c 'import zeep' 2>/dev/null || missing+=(python3-zeep)
php -r 'exit(extension_loaded("soap") ? 0 : 1);' >/dev/null 2>&1 || missing+=(php-cli php-soap)
if ((${#missing[@]})); then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}"
fi

go run ./factible/factibletest/peers
go run ./sat/sattest/peers
