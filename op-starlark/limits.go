package main

import (
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"time"

	"go.starlark.net/starlark"
)

// boundMemory ends the program when it has more than limit bytes: at first with a message that says where, and beyond twice as much, which
// one operation may ask for at once, with the end of the process. It returns what stops watching.
func boundMemory(thread *starlark.Thread, limit uint64) func() {
	debug.SetMemoryLimit(int64(limit))
	// Where the system does not know this limit, there is only the first one.
	hard := 2*limit + 64<<20
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: hard, Max: hard})
	stop := make(chan struct{})
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				metrics.Read(sample)
				if sample[0].Value.Uint64() > limit+limit/4 {
					thread.Cancel(fmt.Sprintf("it needs more than %d MB of memory", limit>>20))
				}
			}
		}
	}()
	return func() { close(stop) }
}
