// Reads and writes the domains of documents.json with libvirt-go-xml, and prints how many it does per second of CPU time.
// Run by guest-config.ts, beside this file.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"syscall"

	"libvirt.org/go/libvirtxml"
)

const rounds = 10

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func main() {
	text, err := os.ReadFile("documents.json")
	if err != nil {
		panic(err)
	}
	var documents []string
	if err := json.Unmarshal(text, &documents); err != nil {
		panic(err)
	}
	var rates []float64
	for round := 0; round < rounds; round++ {
		before := cpuSeconds()
		done := 0
		for _, document := range documents {
			domain := &libvirtxml.Domain{}
			if domain.Unmarshal(document) != nil {
				continue
			}
			if _, err := domain.Marshal(); err == nil {
				done++
			}
		}
		rates = append(rates, float64(done)/(cpuSeconds()-before))
	}
	sort.Float64s(rates)
	fmt.Println(rates[len(rates)/2])
}
