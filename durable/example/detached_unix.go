//go:build unix

package main

import "syscall"

// detached keeps what ends a whole group of processes from the vendor.
var detached = &syscall.SysProcAttr{Setsid: true}
