#!/usr/bin/env bash
# Has zeep (Python) and SoapClient (PHP) call the Factible simulator through its own
# WSDL, and fails where they do not understand it as they should. Needs Go; installs
# the two with apt-get where they are missing, for which it has to be root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Debian's own Python is the one that has Debian's zeep.
missing=()
/usr/bin/python3 -c 'import zeep' 2>/dev/null || missing+=(python3-zeep)
php -r 'exit(extension_loaded("soap") ? 0 : 1);' >/dev/null 2>&1 || missing+=(php-cli php-soap)
if ((${#missing[@]})); then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}"
fi

exec go run .
