package adapter

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/unified-cancel/cancel"
)

// Endpoint returns the URL that a Config asks for: the given URL, or if that is empty the
// vendor's URL for env. Its error names the field that is not valid. It does not show the
// URL, because a URL may hold a password.
func Endpoint(given string, env cancel.Environment, vendor map[cancel.Environment]string) (*url.URL, error) {
	known, ok := vendor[env]
	if !ok && (env != "" || given == "") {
		if env == "" {
			return nil, errors.New("Environment is missing: give sandbox or production, or an Endpoint")
		}
		return nil, fmt.Errorf("Environment %q is neither sandbox nor production", env)
	}
	u, err := url.Parse(cmp.Or(given, known))
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("Endpoint is not an absolute URL")
	case u.User != nil:
		return nil, errors.New("Endpoint holds credentials")
	case !validPort(u.Port()):
		return nil, errors.New("Endpoint has a port that is not 1 to 65535")
	case u.Fragment != "":
		return nil, errors.New("Endpoint holds a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("Endpoint is plain http to another machine: only https keeps a secret")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("Endpoint is neither https nor http")
	}
	u.Host, u.Path = strings.TrimSuffix(u.Host, ":"), cmp.Or(u.Path, "/")
	return u, nil
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback() && !addr.Is4In6() && addr.Zone() == ""
}
