#!/usr/bin/env bash
# Checks signed requests with xmlsec1. It must verify the requests, and refuse each request
# with one byte changed. Needs Go; installs a missing xmlsec1 with apt-get, which needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v xmlsec1 >/dev/null; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends xmlsec1
fi
xmlsec1 --version

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
XMLSEC_DIR=$dir go test -count=1 -run '^TestRequestsForXMLSec$' ..

# verifies FILE: the signature is right and covers the one thing that it refers to.
verifies() {
	xmlsec1 --verify --enabled-reference-uris empty --trusted-pem "$dir/authority.pem" "$1" >"$dir/said" 2>&1 &&
		grep -qx 'OK' "$dir/said" && grep -qx 'SignedInfo References (ok/all): 1/1' "$dir/said"
}

complain() {
	printf '%s: %s\n' "${file#"$dir"/}" "$1"
	cat "$dir/said"
	exit 1
}

good=0 bad=0
for file in "$dir"/good/*.xml; do
	verifies "$file" || complain 'xmlsec1 refuses a signed request'
	good=$((good + 1))
done
for file in "$dir"/bad/*.xml; do
	! verifies "$file" || complain 'xmlsec1 takes a changed request'
	# A refusal because a file or an option is missing would prove nothing.
	grep -qE '^(FAIL|ERROR)$' "$dir/said" || complain 'xmlsec1 did not try to verify it'
	bad=$((bad + 1))
done
if ((good < 20 || bad < 8 * good)); then
	echo "only $good requests and $bad changed ones were there to verify"
	exit 1
fi
echo "xmlsec1 verifies $good requests and refuses $bad changed ones"
