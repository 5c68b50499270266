// Package bench compares the cost of a call with other clients that do the same. It has
// benchmarks only, and docs/performance.md has the results.
//
//	go -C bench test -run '^$' -bench . -skip Call -benchtime 1x -count 8 >new.txt
//	go tool benchstat new.txt
//
// All contestants call the same vendor over HTTP/1.1 and TLS. The vendor is a process of its
// own on this machine, so its cost is not counted. The benchmarks need Linux.
package bench
