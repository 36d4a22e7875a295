// Package answer is what the program depends on.
package answer

// Text is found again in the build cache: the scenario "cache" overwrites its 64 bytes there.
//
//go:noinline
func Text() string { return "this answer is right: it is the one that answer.go holds, really" }
