//go:build unix

package main

import (
	"os"
	"syscall"
)

// lock sees to it that no two programs go on with the same results: each would send
// what the other does. It ends with the process.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
