package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
)

// hugeAnswers lists the kinds of huge answers.
var hugeAnswers = []string{huge200, huge500, hugeGzip}

// peakMemory returns the additional memory of a process that gets an answer of 64 MiB, in
// bytes. It is the highest of all adapters. Each adapter runs in a process of its own.
func peakMemory(ctx context.Context, v *vendors, kind string) (int64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	small, err := v.open(vendorConfig{})
	if err != nil {
		return 0, err
	}
	huge, err := v.open(vendorConfig{Huge: kind})
	if err != nil {
		return 0, err
	}
	var most int64
	for _, a := range adapters {
		command := exec.CommandContext(ctx, self, memoryArgument, a.name, small, huge)
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", a.name, err)
		}
		grown, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		if err != nil {
			return 0, err
		}
		most = max(most, grown)
	}
	return most, errors.Join(v.close(small), v.close(huge))
}

// memory is the process whose memory is measured. Its arguments are an adapter, the URL of a
// vendor, and the URL of a vendor with a huge answer. It prints the peak of its memory during
// the huge answer, less its memory before, in bytes.
func memory(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 3 {
		return errors.New("an adapter and two URLs are wanted")
	}
	for _, a := range adapters {
		if a.name != args[0] {
			continue
		}
		usual, err := a.dial(args[1])
		if err != nil {
			return err
		}
		huge, err := a.dial(args[2])
		if err != nil {
			return err
		}
		if err := run(ctx, usual, 20, 1, nil); err != nil {
			return err
		}
		before, err := resetPeak()
		if err != nil {
			return err
		}
		if err := huge(ctx); err == nil {
			return errors.New("an answer of 64 MiB was taken for one")
		}
		after, err := status("VmHWM")
		if err != nil {
			return err
		}
		fmt.Fprintln(out, after-before)
		return nil
	}
	return fmt.Errorf("there is no adapter %q", args[0])
}

// resetPeak frees unused memory, resets the kernel's record of the peak, and returns the
// memory of this process in bytes.
func resetPeak() (int64, error) {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return 0, err
	}
	return status("VmRSS")
}

// status returns a field of /proc/self/status, in bytes.
func status(field string) (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if value, ok := strings.CutPrefix(string(line), field+":"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", field)
}
