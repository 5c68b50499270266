//go:build !unix

package main

import "syscall"

var detached *syscall.SysProcAttr
